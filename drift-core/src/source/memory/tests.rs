//! The volume in memory behaves as a kernel's would.

use super::{MemoryVolume, Volume};
use crate::model::FileType;
use crate::source::volume::Errno;

fn listed(volume: &MemoryVolume, path: &[u8]) -> Vec<Vec<u8>> {
    let directory = volume.open_directory(&volume.root().unwrap(), path).unwrap();
    let mut names = Vec::new();
    volume.list(&directory, &mut |entry| names.push(entry.name.to_vec())).unwrap();
    names
}

#[test]
fn holes_read_as_zeros_and_data_is_found() {
    let mut volume = MemoryVolume::new();
    volume.sparse(b"a/s", 20, &[(3, b"xy"), (10, b"z")]);
    let directory = volume.open_directory(&volume.root().unwrap(), b"a").unwrap();
    let stat = volume.stat(&directory, b"s").unwrap();
    assert_eq!((stat.size, stat.allocated), (20, 3));
    let mut file = volume.open(&directory, b"s", &stat).unwrap();
    let mut seen = Vec::new();
    let mut buffer = [9; 7];
    loop {
        match volume.read(&mut file, &mut buffer).unwrap() {
            0 => break,
            count => seen.extend_from_slice(&buffer[..count]),
        }
    }
    assert_eq!(seen, b"\0\0\0xy\0\0\0\0\0z\0\0\0\0\0\0\0\0\0");
    assert_eq!(volume.next_data(&file, 0), Ok(Some((3, 5))));
    assert_eq!(volume.next_data(&file, 4), Ok(Some((4, 5))));
    assert_eq!(volume.next_data(&file, 11), Ok(None));
}

#[test]
fn a_permuted_order_has_the_same_names() {
    let mut volume = MemoryVolume::new();
    for number in 0..100 {
        volume.file(format!("d/{number:03}").as_bytes(), b"");
    }
    let plain = listed(&volume, b"d");
    volume.permute(7);
    let mut other = listed(&volume, b"d");
    assert_ne!(plain, other);
    other.sort();
    assert_eq!(plain, other);
}

#[test]
fn links_are_never_followed_and_names_share_an_inode() {
    let mut volume = MemoryVolume::new();
    volume.file(b"a/f", b"1");
    volume.hard_link(b"a/f", b"b/g").symlink(b"l", b"a");
    let root = volume.root().unwrap();
    assert_eq!(volume.open_directory(&root, b"l"), Err(Errno::LOOP));
    assert_eq!(volume.open_directory(&root, b"a/f"), Err(Errno::NOTDIR));
    assert_eq!(volume.stat(&root, b"l").unwrap().file_type, FileType::Symlink);
    let (a, b) =
        (volume.open_directory(&root, b"a").unwrap(), volume.open_directory(&root, b"b").unwrap());
    assert_eq!(volume.stat(&a, b"f"), volume.stat(&b, b"g"));
    assert_eq!(volume.stat(&a, b"f").unwrap().nlink, 2);
}
