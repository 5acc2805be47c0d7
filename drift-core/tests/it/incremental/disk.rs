//! File systems of their own in files, mounted where only a child process sees them.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use drift_testkit::command;

/// An ext4 file system in a file.
pub(super) struct Disk {
    directory: tempfile::TempDir,
    mounted: Option<Mounted>,
}

/// A mount that lives as long as a child process, and the root as seen through that process.
struct Mounted {
    child: Child,
    root: PathBuf,
}

impl Disk {
    /// Makes and mounts one; `options` are those of mkfs.ext4.
    pub(super) fn new(options: &[&str]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut disk = Self { directory, mounted: None };
        let image = disk.image();
        let _made = command::run("truncate", ["-s", "16M", &image]).success();
        let words = [&["-q", "-F"], options, &[&*image]].concat();
        let _made = command::run("mkfs.ext4", words).success();
        disk.mount();
        disk
    }

    fn image(&self) -> String {
        self.directory.path().join("disk").to_str().unwrap().to_owned()
    }

    pub(super) fn mount(&mut self) {
        let point = self.directory.path().join("point");
        std::fs::create_dir_all(&point).unwrap();
        let script = "mount -o loop \"$0\" \"$1\" && echo mounted && exec cat";
        let mut child = Command::new("unshare")
            .args(["--mount", "bash", "-c", script, &self.image()])
            .arg(&point)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "mounted\n");
        let root = PathBuf::from(format!("/proc/{}/root{}", child.id(), point.display()));
        self.mounted = Some(Mounted { child, root });
    }

    pub(super) fn root(&self) -> &Path {
        &self.mounted.as_ref().unwrap().root
    }

    /// Unmounts it, and tells debugfs(8) to do something to the disk itself.
    pub(super) fn behind(&mut self, commands: &[&str]) -> String {
        self.mounted = None;
        let mut said = String::new();
        for command in commands {
            said += &command::run("debugfs", ["-w", "-R", command, &self.image()]).success();
        }
        said
    }

    /// Writes into the disk itself where a file lies; it is unmounted.
    pub(super) fn overwrite(&mut self, file: &str, content: &[u8]) {
        let blocks = self.behind(&[&format!("blocks {file}")]);
        let block: u64 = blocks.split_whitespace().next().unwrap().parse().unwrap();
        let size = self.behind(&["stats"]);
        let size = size.lines().find_map(|line| line.strip_prefix("Block size:")).unwrap();
        let at = block * size.trim().parse::<u64>().unwrap();
        let image = std::fs::OpenOptions::new().write(true).open(self.image()).unwrap();
        std::os::unix::fs::FileExt::write_all_at(&image, content, at).unwrap();
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}
