//! Whoever changes, blocks or swaps objects while they are being looked at.

use std::time::Instant;

use drift_testkit::need;

use crate::stage::{Report, Space, Stage};

/// Files whose opening another process holds up, until the kernel takes the lease back.
const LEASES: usize = 500;

/// What the kernel allows a holder by default is 45 seconds; that is paid once, not per file.
const LEASE_SECONDS: u64 = 55;

#[test]
#[expect(clippy::disallowed_methods, reason = "the time that leases add is what is measured")]
fn five_hundred_leases_cost_one_wait() {
    let Some(_python) = need::tool("python3") else { return };
    let stage = Stage::new();
    let made = format!(
        "mkdir $s/root/leased; for i in $(seq {LEASES}); do echo $i >$s/root/leased/$i; done"
    );
    let _made = stage.script(Space::Shared, &made).expect(0);
    stage.capture("root", &[]);
    let begun = Instant::now();
    let run = stage.script(
        Space::Shared,
        "echo planted >$s/root/leased/250
         mkfifo $s/ready
         python3 $hostile/hold_leases.py $s/root/leased >$s/ready & holder=$!
         trap 'kill $holder' EXIT
         read -r held <$s/ready; echo $held >$s/held
         check --format json",
    );
    let took = begun.elapsed().as_secs();
    assert_eq!(stage.read("held"), format!("{LEASES}\n").as_bytes());
    let report = Report::of(&run);
    let document = &report.document["verdict"];
    assert!([Some(1), Some(3)].contains(&report.code), "{document:#}");
    let found = report.changes("/leased/250").len();
    let listed = report
        .all("/problems")
        .filter(|p| p["path"].as_str().is_some_and(|p| p.starts_with("/leased/")))
        .count();
    assert!(found == 1 || report.problems("/leased/250").len() == 1, "{document:#}");
    assert_eq!(report.all("/changes").count(), found, "only the plant is a change");
    assert!(took <= LEASE_SECONDS, "{LEASES} leases added {took} seconds");
    println!("{LEASES} leases: {took} s, plant found: {}, not compared: {listed}", found == 1);
}

#[test]
fn a_fifo_keeps_its_bytes() {
    let Some(_python) = need::tool("python3") else { return };
    let stage = Stage::new();
    let _made = stage.script(Space::Shared, "mkfifo -m 600 $s/root/etc/pipe").expect(0);
    let run = stage.script(
        Space::Shared,
        "exec 5<>$s/root/etc/pipe; printf 123456789012345678901234 >&5
         capture >/dev/null 2>&1; check >/dev/null
         chmod 666 $s/root/etc/pipe; mkfifo $s/root/etc/unwatched
         code=0; check --format json || code=$?
         python3 -c 'import fcntl, struct, termios
print(struct.unpack(\"i\", fcntl.ioctl(5, termios.FIONREAD, bytes(4)))[0])' >$s/left
         exit $code",
    );
    let report = Report::of(&run).expect(1);
    assert_eq!(report.changes("/etc/pipe")[0]["attributes"][0]["name"], "mode");
    assert_eq!(report.changes("/etc/unwatched")[0]["type"], "fifo");
    assert_eq!(String::from_utf8_lossy(&stage.read("left")), "24\n", "bytes in the pipe");
}

/// Each open is held up so that the swap falls between the look and the open in most runs.
#[test]
fn a_file_that_turns_into_a_fifo_is_never_clean_and_never_hangs() {
    let (Some(_strace), Some(_python)) = (need::tool("strace"), need::tool("python3")) else {
        return;
    };
    let stage = Stage::sealed();
    let run = stage.script(
        Space::Shared,
        "mkfifo $s/other; exec 5<>$s/other; printf tokens >&5
         echo planted >$s/root/etc/hosts
         python3 $hostile/swap.py $s/root/etc/hosts $s/other & swapper=$!
         trap 'kill $swapper' EXIT
         printf '#!/bin/sh\nexec strace -f -qq -o /dev/null -e inject=openat2,openat:delay_enter=3000 %s \"$@\"' \
             $drift >$s/slow; chmod 755 $s/slow; drift=$s/slow
         for run in $(seq 20); do
             code=0; check --format json >$s/report.$run || code=$?
             echo $code >>$s/codes
         done
         python3 -c 'import fcntl, struct, termios
print(struct.unpack(\"i\", fcntl.ioctl(5, termios.FIONREAD, bytes(4)))[0])' >$s/left",
    );
    let _done = run.expect(0);
    let codes = String::from_utf8(stage.read("codes")).expect("codes");
    assert_eq!(codes.lines().count(), 20);
    assert!(codes.lines().all(|code| ["1", "3"].contains(&code)), "{codes}");
    assert_eq!(stage.read("left"), b"6\n", "the bytes in the pipe");
    let mut seen = std::collections::BTreeMap::new();
    for run in 1..=20 {
        let report: serde_json::Value =
            serde_json::from_slice(&stage.read(format!("report.{run}"))).expect("a report");
        let list = |name: &str| report[name].as_array().cloned().unwrap_or_default();
        let kinds: Vec<String> = list("changes")
            .iter()
            .filter(|change| change["path"] == "/etc/hosts")
            .map(|change| format!("{} {}", change["type"], change["attributes"][0]["name"]))
            .chain(list("problems").iter().map(|problem| problem["reason"].to_string()))
            .collect();
        *seen.entry(kinds.join(" and ")).or_insert(0) += 1;
    }
    println!("20 swapped runs: {seen:?}");
}

/// A parent directory that is a link to elsewhere every other moment.
#[test]
fn a_parent_that_flips_to_a_link_never_leads_outside() {
    let Some(_python) = need::tool("python3") else { return };
    let stage = Stage::new();
    let _made = stage
        .script(
            Space::Shared,
            "mkdir $s/root/app $s/outside
             for i in $(seq 40); do echo in >$s/root/app/f$i; echo out >$s/outside/f$i; done
             ln -s ../outside $s/flip",
        )
        .expect(0);
    stage.capture("root", &[]);
    let run = stage.script(
        Space::Shared,
        "echo planted >$s/root/app/f7
         mkfifo $s/ready
         python3 $hostile/flip_watched.py $s/root/app $s/flip $s/outside 100000 >$s/ready & flipper=$!
         exec 5<$s/ready; read -r started <&5
         runs=0 outside=$(echo out | sha256sum | cut -c1-64)
         while kill -0 $flipper 2>/dev/null; do
             code=0; check --format json >$s/report 2>$s/error || code=$?
             echo $code >>$s/codes; runs=$((runs + 1))
             if grep -q $outside $s/report; then exit 9; fi
         done
         cat <&5; echo runs $runs",
    );
    let said = run.expect(0).text();
    let codes = String::from_utf8(stage.read("codes")).expect("codes");
    assert!(codes.lines().all(|code| ["1", "3"].contains(&code)), "{codes}");
    assert!(said.contains("flips 100000 opened 0 instrument 1"), "{said}");
    println!("{}", said.trim().replace('\n', ", "));
}
