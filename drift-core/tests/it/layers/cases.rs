//! What layers make together, case by case: what must stand in the merged tree, with the layer that
//! each entry came with, and which problems go with it.

use drift_core::model::{LayerId, Observed, TreePath};

use super::layout::{self, layer};
use super::{Merged, merge};

/// A merged image, whose files stay until it goes.
struct Case {
    merged: Merged,
    _layout: tempfile::TempDir,
}

impl std::ops::Deref for Case {
    type Target = Merged;

    fn deref(&self) -> &Merged {
        &self.merged
    }
}

fn merged(layers: &[&[&str]]) -> Case {
    let directory = tempfile::tempdir().expect("a directory");
    let layers: Vec<layout::Layer> = layers.iter().map(|lines| layer(lines)).collect();
    layout::write_true(directory.path(), &layers);
    let one = merge(directory.path(), 1).unwrap_or_else(|error| panic!("{error}"));
    let four = merge(directory.path(), 4).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(one.lines(), four.lines(), "the number of threads does not matter");
    assert_eq!(one.frozen.problems, four.frozen.problems);
    Case { merged: one, _layout: directory }
}

#[track_caller]
fn check(layers: &[&[&str]], lines: &[&str]) -> Case {
    check_with(layers, lines, &[])
}

/// Each of `reasons` is part of exactly one problem, and there are no others.
#[track_caller]
fn check_with(layers: &[&[&str]], lines: &[&str], reasons: &[&str]) -> Case {
    let merged = merged(layers);
    assert_eq!(merged.lines(), lines);
    let problems = merged.reasons();
    assert_eq!(problems.len(), reasons.len(), "{problems:#?}");
    for reason in reasons {
        assert!(problems.iter().any(|problem| problem.contains(reason)), "{problems:#?}");
    }
    merged
}

#[test]
fn later_layers_win_and_say_so() {
    check(
        &[&["d a", "f a/x one", "f a/y two"], &["f a/x three 600"], &["l a/y x"]],
        &["a directory 755 @0", "a/x file three @1", "a/y symlink -> x @2"],
    );
}

#[test]
fn a_member_goes_where_links_lead() {
    check(
        &[&["d usr", "d usr/lib", "l lib usr/lib"], &["f lib/x one"], &["f lib/x two"]],
        &[
            "lib symlink -> usr/lib @0",
            "usr directory 755 @0",
            "usr/lib directory 755 @0",
            "usr/lib/x file two @2",
        ],
    );
    // Absolute and upward targets stay inside the root.
    check(
        &[
            &["d a", "l b /a", "d c", "l c/d ../../../a", "l e c/d/../a"],
            &["f b/1 x", "f c/d/2 y", "f e/3 z"],
        ],
        &[
            "a directory 755 @0",
            "a/1 file x @1",
            "a/2 file y @1",
            "a/3 file z @1",
            "b symlink -> /a @0",
            "c directory 755 @0",
            "c/d symlink -> ../../../a @0",
            "e symlink -> c/d/../a @0",
        ],
    );
}

#[test]
fn an_absolute_link_starts_at_the_root_again() {
    check(
        &[&["d a", "d c", "d c/a", "l c/l /a"], &["f c/l/1 x"]],
        &[
            "a directory 755 @0",
            "a/1 file x @1",
            "c directory 755 @0",
            "c/a directory 755 @0",
            "c/l symlink -> /a @0",
        ],
    );
}

#[test]
fn a_dangling_link_makes_what_it_names() {
    check_with(
        &[&["l lib usr/lib"], &["f lib/x one"]],
        &[
            "lib symlink -> usr/lib @0",
            "usr directory 755 @-",
            "usr/lib directory 755 @-",
            "usr/lib/x file one @1",
        ],
        &["/usr: no layer has an entry"],
    );
}

#[test]
fn links_without_end_are_reported() {
    check_with(
        &[&["l a b", "l b a"], &["f a/x one", "f y two"]],
        &["a symlink -> b @0", "b symlink -> a @0", "y file two @1"],
        &["/a/x: the entry is left out: its directory is behind more than 40"],
    );
}

#[test]
fn types_change_between_layers() {
    check(&[&["d a", "d a/b", "f a/b/c x"], &["f a y"]], &["a file y @1"]);
    check(&[&["f a x"], &["d a", "f a/b y"]], &["a directory 755 @1", "a/b file y @1"]);
    check(
        &[&["d a", "f a/b x", "d c", "f c/d z"], &["l a c"], &["f a/e y"]],
        &["a symlink -> c @1", "c directory 755 @0", "c/d file z @0", "c/e file y @2"],
    );
    // A directory takes the place of a link; what the link led to stays.
    check(
        &[
            &["d c", "f c/d z", "l a c"],
            &["d a 700", "f a/x y"].map(|line| if line == "d a 700" { "d a _ 700" } else { line }),
        ],
        &["a directory 700 @1", "a/x file y @1", "c directory 755 @0", "c/d file z @0"],
    );
}

#[test]
fn a_repeated_directory_stays_with_the_layer_that_made_it() {
    check(
        &[&["d a _ 700"], &["d a _ 700", "f a/x 1"], &["d a _ 750"], &["d a _ 750"]],
        &["a directory 750 @2", "a/x file 1 @1"],
    );
    check(&[&["d a"], &["d a _ 755 7"], &["d a _ 755 7"]], &["a directory 755 @1"]);
    check(&[&["d a"], &["d a _ 755 0 user.a=b"]], &["a directory 755 @1"]);
}

#[test]
fn below_what_is_no_directory_nothing_is() {
    check_with(
        &[&["f a x"], &["f a/b y", "f a/../c z"]],
        &["a file x @0"],
        &["/a/b: the entry is left out: it lies below", "leads upwards"],
    );
}

#[test]
fn hard_links_reach_into_lower_layers() {
    let merged = check(
        &[&["d d", "f d/a x", "l e d"], &["h b d/a", "h c e/a"], &["f d/a y"]],
        &["b file x @0", "c file x @0", "d directory 755 @0", "d/a file y @2", "e symlink -> d @0"],
    );
    let tree = &merged.frozen.tree;
    let entry = |path: &str| {
        tree.entry(tree.find(&TreePath::parse(path.as_bytes()).expect("good")).expect(path))
    };
    assert_eq!(entry("b").nlink, Observed::Is(2));
    assert_eq!(entry("c").hardlinks, Observed::Is(TreePath::parse(b"b").expect("good")));
    assert_eq!(entry("d/a").nlink, Observed::Is(1));
}

#[test]
fn hard_links_to_nothing_are_unknown() {
    check_with(
        &[&["f a x", "d d"], &["h b none", "h a a", "h c d", "h e ../../x"]],
        &[
            "a file x @0",
            "b unknown 0 @-",
            "c unknown 0 @-",
            "d directory 755 @0",
            "e unknown 0 @-",
        ],
        &[
            "/b: it is a hard link to a name that no",
            "/a: the entry is left out: it is a hard link to itself",
            "/c: it is a hard link to a directory",
            "/e: it is a hard link whose target",
        ],
    );
    // An existing second name may be given again.
    check(&[&["f a x", "h b a"], &["h b a"]], &["a file x @0", "b file x @0"]);
    check_with(
        &[&["d d", "f d/a x"], &["h d d/a"]],
        &["d unknown 0 @-"],
        &["the directory whose place it takes"],
    );
}

#[test]
fn whiteouts_remove_from_lower_layers_alone() {
    let merged = check(
        &[
            &["d a", "f a/x 1", "f a/y 2", "f b 3"],
            &["f a/.wh.x", "f .wh.b", "f .wh.none"],
            &["f b 4"],
        ],
        &["a directory 755 @0", "a/y file 2 @0", "b file 4 @2"],
    );
    let of = |path: &[u8]| merged.removals.layer_of(&TreePath::parse(path).expect("good"));
    assert_eq!(of(b"a/x"), Some(LayerId(1)));
    assert_eq!(of(b"a/none"), None);
    assert_eq!(of(b"b"), None, "it is there again");
    // Before and after what the same layer adds.
    check(&[&["f a 1"], &["f .wh.a", "f a 2"]], &["a file 2 @1"]);
    check_with(&[&["f a 1"], &["f a 2", "f .wh.a"]], &["a file 2 @1"], &["readers disagree"]);
    check_with(
        &[&["d d", "f d/a 1"], &["f d/b 2", "f .wh.d"]],
        &["d directory 755 @0", "d/b file 2 @1"],
        &["readers disagree"],
    );
}

#[test]
fn removed_directories_name_the_layer_for_all_in_them() {
    let merged =
        check(&[&["d a", "d a/b", "f a/b/c 1"], &["f .wh.a"], &["d a"]], &["a directory 755 @2"]);
    let of = |path: &[u8]| merged.removals.layer_of(&TreePath::parse(path).expect("good"));
    assert_eq!(of(b"a/b/c"), Some(LayerId(1)));
}

#[test]
fn opaque_directories_hide_lower_names_whatever_the_order() {
    let below: &[&str] = &["d a", "f a/x 1", "d a/s", "f a/s/t 2", "f o 3"];
    let expected: &[&str] = &[
        "a directory 755 @0",
        "a/s directory 700 @1",
        "a/s/n file 5 @1",
        "a/y file 4 @1",
        "o file 3 @0",
    ];
    check(&[below, &["f a/.wh..wh..opq", "f a/y 4", "d a/s _ 700", "f a/s/n 5"]], expected);
    check(&[below, &["f a/y 4", "d a/s _ 700", "f a/s/n 5", "f a/.wh..wh..opq"]], expected);
    check(&[below, &["f .wh..wh..opq", "f n 1"]], &["n file 1 @1"]);
    check(
        &[below, &["f none/.wh..wh..opq"]],
        &[
            "a directory 755 @0",
            "a/s directory 755 @0",
            "a/s/t file 2 @0",
            "a/x file 1 @0",
            "o file 3 @0",
        ],
    );
}

#[test]
fn odd_whiteouts_are_reported() {
    let below: &[&str] = &["d a", "f a/x 1", "l l a", "f y 2"];
    let all: &[&str] = &["a directory 755 @0", "a/x file 1 @0", "l symlink -> a @0", "y file 2 @0"];
    let less: &[&str] = &["a directory 755 @0", "a/x file 1 @0", "l symlink -> a @0"];
    for name in [".wh.", ".wh..", ".wh...", "a/.wh.", "a/.wh..", "a/.wh..."] {
        check_with(&[below, &[&format!("f {name}")]], all, &["names no entry"]);
    }
    for name in [".wh..wh.plnk", ".wh..wh.aufs", ".wh..wh.orph"] {
        check_with(&[below, &[&format!("d {name}")]], all, &["AUFS"]);
    }
    check_with(&[below, &["f .wh..wh.plnk/1.2 x"]], all, &["only whiteouts have"]);
    check_with(&[below, &["f .wh.y content"]], less, &["no empty file"]);
    check_with(&[below, &["d .wh.y"]], less, &["no empty file"]);
    check_with(&[below, &["h .wh.y a/x"]], less, &["no empty file"]);
    check_with(
        &[below, &["f l/.wh.x"]],
        &["a directory 755 @0", "l symlink -> a @0", "y file 2 @0"],
        &["through a symbolic link"],
    );
    check_with(&[below, &["f y/.wh.x"]], all, &["below something that is no directory"]);
    check_with(
        &[below, &["c n 0,0"]],
        &[
            "a directory 755 @0",
            "a/x file 1 @0",
            "l symlink -> a @0",
            "n char 644 @1",
            "y file 2 @0",
        ],
        &["character device 0:0"],
    );
    // Removed again, it is nobody's problem.
    check(&[below, &["c n 0,0"], &["f .wh.n"]], all);
}

#[test]
fn several_members_of_one_name_in_a_layer_follow_one_another() {
    check(
        &[&["d a", "f a/x 1", "d a _ 700", "f b 2", "f b 3", "f a/x 4"]],
        &["a directory 700 @0", "a/x file 4 @0", "b file 3 @0"],
    );
    check(&[&["d a", "f a/x 1", "f a 2"]], &["a file 2 @0"]);
}

#[test]
fn the_root_may_only_be_a_directory() {
    check_with(&[&["d ./ _ 711", "l / a"]], &[], &["the root is no directory"]);
}

#[test]
fn labels_without_a_record_are_not_there() {
    let merged = merged(&[&["f a 1"]]);
    let names: Vec<&str> = merged.carries.attributes.iter().map(|it| it.name).collect();
    for name in ["xattr", "acl", "acl_default", "capability"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(!names.contains(&"selinux"), "given when a container starts: {names:?}");
}

/// containerd and moby give owner, mode and labels of the link's header to both names.
#[test]
fn a_hard_link_has_the_attributes_of_what_it_names() {
    let problems = |link: &str| merged(&[&["f a 1 644 5 user.k=v"], &[link]]).reasons();
    assert_eq!(problems("h b a 644 5"), Vec::<String>::new(), "GNU tar writes no labels of links");
    assert_eq!(problems("h b a 644 5 user.k=v"), Vec::<String>::new());
    for link in ["h b a 4644 5", "h b a 644 0", "h b a 644 5 user.k=w", "h b a 644 5 user.j=v"] {
        let problems = problems(link);
        assert!(
            matches!(&problems[..], [one] if one.contains("another owner, mode")),
            "{problems:?}"
        );
    }
}

#[test]
fn labels_that_are_orders_to_overlayfs_are_problems() {
    for name in ["trusted.overlay.opaque", "user.overlay.redirect"] {
        let merged = merged(&[&["d a", "f a/x 1"], &[&format!("d a _ 755 0 {name}=y")]]);
        let problems = merged.reasons();
        assert!(
            matches!(&problems[..], [one] if one.contains("an order to overlayfs")),
            "{problems:?}"
        );
    }
}

/// Of readers of images none takes global headers, and none a label in another form than Go's.
#[test]
fn records_that_readers_of_images_leave_out_are_problems() {
    for (flag, key, value, needle) in [
        (b'g', "uid", "1000", "a global extended header"),
        (b'x', "LIBARCHIVE.xattr.user.k", "dg", "readers of images leave out"),
        (b'x', "SCHILY.xattr.user.k", "", "readers of images leave out"),
        (
            b'x',
            "SCHILY.acl.access",
            "user::rw-,group::r--,other::r--",
            "readers of images leave out",
        ),
    ] {
        let mut layer = layer(&["f a 1"]);
        layer.archive = [layout::pax(flag, key, value), layer.archive].concat();
        let directory = tempfile::tempdir().expect("a directory");
        layout::write_true(directory.path(), &[layer]);
        let merged = merge(directory.path(), 1).unwrap_or_else(|error| panic!("{error}"));
        let problems = merged.reasons();
        assert!(matches!(&problems[..], [one] if one.contains(needle)), "{key}: {problems:?}");
    }
}
