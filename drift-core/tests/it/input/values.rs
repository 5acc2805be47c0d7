//! The values themselves, on a small system.

use drift_core::policy::Lack;
use serde_json::{Value, json};

use super::{Asked, input, memory, set, system};

const NOTHING: Asked<'_> = Asked { rules: super::DENIES_NOTHING, paths: "[]", section: "" };

fn paths(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect()
}

#[test]
fn accounts() {
    let (value, input) = input(&memory(system()), &memory(system()), set(&[NOTHING]));
    let users = &value["accounts"]["users"];
    assert_eq!(users["root"]["password"], "locked");
    assert_eq!(users["ann"]["password"], "set");
    assert_eq!(users["bob"]["password"], "empty");
    assert_eq!(users["gone"]["password"], "none");
    assert_eq!(users["ann"]["groups"], json!(["adm", "ann"]));
    assert_eq!(users["ann"]["last_change_days"], 19700);
    assert_eq!(users["ann"]["shell"], "/bin/sh");
    assert_eq!(users["ann"]["system"], false);
    assert_eq!(users["daemon"]["login"], false);
    assert_eq!(users["daemon"]["line"], 2);
    assert_eq!(paths(&users["root"]["authorized_keys"]), ["/root/.ssh/authorized_keys"]);
    assert_eq!(paths(&users["root"]["start_files"]), ["/root/.bashrc"]);
    assert_eq!(users["root"]["start_files"][0]["user"], "root");
    assert_eq!(paths(&users["ann"]["start_files"]), ["/home/ann/.profile"]);
    assert_eq!(users["ann"]["start_files"][0]["group"], "ann");
    assert!(!value.to_string().contains("$y$hash"));
    let library = json!([{"value": "/lib/evil.so", "file": "/etc/ld.so.preload", "line": 2}]);
    assert_eq!(value["settings"]["ld_so_preload"]["libraries"], library);
    assert!(!input.sections.keys().any(|section| section.starts_with("accounts")));
}

/// Homes that are no plain path from the root on are looked into all the same; a shell refuses by what
/// it is, not by its name alone.
#[test]
fn homes_and_shells_of_every_form() {
    let mut volume = system();
    volume.file(
        b"etc/passwd",
        b"a:x:1:1:::/tmp/nologin\nb:x:2:1::home/b:/usr/sbin/nologin\nc:x:3:1::/home/\xff:/bin/false\n\
          d:x:4:1::/home//d/:true\n",
    );
    for path in [&b".profile"[..], b"home/b/.ssh/rc", b"home/\xff/.bashrc", b"home/d/.bashrc"] {
        volume.file(path, b"1");
    }
    let (value, _) = input(&memory(volume), &memory(system()), set(&[NOTHING]));
    let users = &value["accounts"]["users"];
    assert_eq!(paths(&users["a"]["start_files"]), ["/.profile"]);
    assert_eq!(paths(&users["b"]["start_files"]), ["/home/b/.ssh/rc"]);
    assert_eq!(users["c"]["start_files"].as_array().unwrap().len(), 1);
    assert_eq!(users["d"]["start_files"].as_array().unwrap().len(), 1);
    let login = ["a", "b", "c", "d"].map(|name| users[name]["login"] == true);
    assert_eq!(login, [true, false, false, true]);
}

#[test]
fn lists() {
    let (value, input) = input(&memory(system()), &memory(system()), set(&[NOTHING]));
    let lists = &value["lists"];
    assert_eq!(paths(&lists["setuid"]), ["/usr/bin/sudo"]);
    assert_eq!(paths(&lists["setgid"]), ["/usr/bin/wall"]);
    assert_eq!(paths(&lists["world_writable"]), ["/srv/open"]);
    assert_eq!(paths(&lists["without_account"]), ["/srv/strange"]);
    assert_eq!(paths(&lists["temporary_executables"]), ["/tmp/run"]);
    assert_eq!(paths(&lists["devices"]), ["/srv/null"]);
    assert_eq!(lists["setuid"][0]["mode"], "4755");
    assert_eq!(lists["setuid"][0]["setuid"], true);
    assert_eq!(lists["setuid"][0]["in_baseline"], true);
    assert!(lists["setuid"][0]["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(input.sections.get("lists"), None);
    let reason = "no package database was found".to_owned();
    assert_eq!(input.sections["lists.unowned"], [Lack::NotObservable(reason)]);
}

#[test]
fn declared_paths_are_always_there() {
    let asked = Asked {
        paths: "[/bin/sudo, /etc/none, /etc/passwd/x, '/usr/bin/*', '/none/*', '/**/.profile', '/bin/w*']",
        ..NOTHING
    };
    let (value, input) = input(&memory(system()), &memory(system()), set(&[asked]));
    let files = &value["files"];
    assert_eq!(files["/bin/sudo"]["path"], "/bin/sudo");
    assert_eq!(files["/bin/sudo"]["mode"], "4755");
    assert_eq!(files["/bin/sudo"]["in_baseline"], true);
    assert_eq!(files["/etc/none"]["state"], "absent");
    assert_eq!(files["/etc/none"]["in_baseline"], false);
    assert_eq!(files["/etc/passwd/x"]["state"], "absent");
    assert_eq!(paths(&files["/usr/bin/*"]["matches"]), ["/usr/bin/sudo", "/usr/bin/wall"]);
    assert_eq!(paths(&files["/bin/w*"]["matches"]), ["/usr/bin/wall"]);
    assert_eq!(files["/none/*"]["state"], "absent");
    assert_eq!(paths(&files["/**/.profile"]["matches"]), ["/home/ann/.profile"]);
    assert_eq!(input.paths.len(), 0);
}

#[test]
fn what_was_added_is_not_in_the_baseline() {
    let mut after = system();
    after.file(b"usr/bin/new", b"1").mode(0o4755);
    let (value, _) = input(&memory(after), &memory(system()), set(&[NOTHING]));
    let setuid = value["lists"]["setuid"].as_array().unwrap();
    let known: Vec<_> = setuid.iter().map(|file| (&file["path"], &file["in_baseline"])).collect();
    assert_eq!(
        known,
        [(&json!("/usr/bin/new"), &json!(false)), (&json!("/usr/bin/sudo"), &json!(true))]
    );
}
