//! The code that computes digests can be chosen for tests and benches, and makes no difference.

use crate::stage::{Space, Stage};

#[test]
fn every_kernel_writes_the_same_file_and_an_unknown_one_is_refused() {
    let stage = Stage::new();
    for number in 0..40_usize {
        stage.write(format!("root/usr/file{number}"), vec![number as u8; number * number * 97]);
    }
    let script =
        "take() { \"$drift\" capture \"dir:$s/root\" --out \"$s/$1\" --threads \"$2\" 2>&1; }
if DRIFT_KERNEL=none take none 1 > \"$s/said\"; then exit 9; else echo $?; fi
known=$(sed -n 's/.*it can run //p' \"$s/said\" | tr -d ,)
for kernel in $known; do for threads in 1 4; do
    DRIFT_KERNEL=$kernel take file $threads > /dev/null
    sha256sum < \"$s/file\"
    rm \"$s/file\"
done; done
echo $known";
    let said = stage.script(Space::Shared, script).success();
    let lines: Vec<&str> = said.lines().collect();
    let (Some((first, digests)), Some(known)) = (lines.split_first(), lines.last()) else {
        panic!("nothing was said: {said}");
    };
    assert_eq!(*first, "2", "{said}");
    assert!(known.split(' ').any(|name| name == "portable"), "{said}");
    let digests: Vec<&&str> = digests.iter().filter(|line| line.ends_with(" -")).collect();
    assert_eq!(digests.len(), 2 * known.split(' ').count(), "{said}");
    assert!(digests.windows(2).all(|pair| pair.first() == pair.last()), "{said}");
}
