//! A full and an incremental check of unchanged trees, beside the limit and beside programs that
//! compare or digest the same files: S1, S2 and S4.

#![expect(clippy::disallowed_methods, reason = "a benchmark writes what other programs read")]

use std::error::Error;
use std::path::{Path, PathBuf};

use drift_benches::goals::Outcome;
use drift_benches::{
    Contender, Runs, Shape, Tree, is_installed, median, table, versions, write_tree,
};

use crate::bench::{Bench, Section};

/// The tree that the goals speak of.
const GOAL_TREE: &str = "/usr";

/// What drift compares, as AIDE says it. Times and sizes of directories and access times are left out,
/// as drift leaves them out.
const AIDE: &str = "\
database_in=file:{work}/aide.db
database_out=file:{work}/aide.new
gzip_dbout=no
num_workers={threads}
report_url=stdout
root_prefix={tree}
Common = ftype+p+u+g+acl+xattrs+e2fsattrs
/ d Common
/ f,l,p,s,b,c Common+l+n+s+m+sha256
";

/// Everything compared, whatever distribution the tree is of.
const RULES: &str = "read-only /\n";

pub(crate) fn measure(bench: &Bench) -> Result<Section, Box<dyn Error>> {
    let mut section = Section::default();
    for (number, tree) in bench.arguments.trees.iter().enumerate() {
        let (path, made) = tree_of(bench, tree, number)?;
        let one = of_tree(bench, tree, &path)?;
        section.text += &one.text;
        // The goals speak of a /usr; without one, the first tree stands for it.
        if tree == GOAL_TREE || (number == 0 && !bench.arguments.trees.iter().any(is_goal)) {
            section.outcomes = one.outcomes;
        }
        if made {
            std::fs::remove_dir_all(path)?;
        }
    }
    Ok(section)
}

fn is_goal(tree: &String) -> bool {
    tree == GOAL_TREE
}

/// Returns the path of a tree, and whether it was made for this run.
fn tree_of(bench: &Bench, tree: &str, number: usize) -> Result<(PathBuf, bool), Box<dyn Error>> {
    let Some((shape, files)) = tree.split_once(':') else {
        return Ok((std::fs::canonicalize(tree)?, false));
    };
    let shape = Shape::named(shape).ok_or_else(|| format!("{shape} is not a shape of trees"))?;
    let root = PathBuf::from(bench.place(&format!("tree-{number}")));
    write_tree(&root, shape, files.parse()?)?;
    Ok((root, true))
}

fn of_tree(bench: &Bench, name: &str, path: &Path) -> Result<Section, Box<dyn Error>> {
    let tree = path.to_str().ok_or("the tree's path is not UTF-8")?;
    let (golden, key, rules) =
        (bench.place("golden.drift"), bench.place("bench"), bench.place("rules"));
    std::fs::write(&rules, RULES)?;
    let (drift, common) = (bench.drift(), bench.common("state"));
    bench.succeed(&format!(
        "rm -rf '{golden}' '{golden}'.* '{state}'*; {drift} capture 'dir:{tree}' {common} \
         --rules '{rules}' --identity bench --sign '{key}.key.pem' --out '{golden}'",
        state = bench.place("state"),
    ))?;
    let check = |state: &str| {
        format!(
            "{drift} check 'dir:{tree}' {} --baseline '{golden}' --trust '{key}.pub.pem'",
            bench.common(state)
        )
    };
    let mut contenders = vec![Contender::new("drift check", check("state"))];
    let incremental = bench.succeed(&format!("{drift} check --help"))?.contains("incremental");
    if incremental {
        let script = format!("{} --mode incremental", check("state-incremental"));
        contenders.push(Contender::new("drift check --mode incremental", script));
    }
    for part in ["walk", "read", "lanes"] {
        let script = format!("{} {part} '{tree}' {}", bench.own("floor")?, bench.arguments.threads);
        contenders.push(Contender::new(format!("limit: {part} only"), script).speaking());
    }
    if bench.arguments.peers {
        contenders.extend(peers(bench, tree)?);
    }
    let mut runs = bench.compete(&bench.warmed(tree, contenders)?)?;
    let limit = sum_of_limit(&runs);
    let aide = runs.iter().position(|runs| runs.name.starts_with("aide"));
    let counted = Tree::count(path)?;
    let stored = std::fs::metadata(&golden)?.len() as f64 / counted.entries as f64;
    let walk = named(&runs, "limit: walk only");
    let full = named(&runs, "drift check");
    let mut outcomes = vec![
        Outcome::ratio("S1 limit", &full, &limit),
        match aide.and_then(|at| runs.get(at)) {
            Some(aide) => Outcome::ratio("S1 AIDE", aide, &full),
            None => {
                Outcome::missing("S1 AIDE", "AIDE is not installed, or no peers were asked for")
            }
        },
        match incremental {
            true => Outcome::ratio("S2", &named(&runs, "drift check --mode incremental"), &walk),
            false => Outcome::missing("S2", "this drift has no incremental mode"),
        },
    ];
    outcomes.push(Outcome::of("S4", &[stored], format!("{} entries", counted.entries)));
    let after = runs.iter().position(|runs| runs.name == "limit: lanes only").unwrap_or(0) + 1;
    runs.insert(after, limit);
    let text = format!(
        "\n## A full check of {name}\n\n{}- baseline: {stored:.1} bytes an entry\n{}\n{}{}",
        counted.line(path)?,
        versions(&["aide", "sha256sum", "b3sum", "hashdeep -V | sed 's/^/hashdeep /'; :"])?,
        table(&runs),
        memory(&runs, counted.entries),
    );
    Ok(Section { text, outcomes })
}

fn named(runs: &[Runs], name: &str) -> Runs {
    runs.iter().find(|runs| runs.name == name).cloned().unwrap_or_default()
}

/// Adds up the three parts of the limit, round by round.
fn sum_of_limit(runs: &[Runs]) -> Runs {
    let parts: Vec<&Runs> = runs.iter().filter(|runs| runs.name.starts_with("limit: ")).collect();
    let mut sum = Runs { name: "limit: the sum".to_owned(), ..Runs::default() };
    sum.failed = parts.iter().find_map(|part| part.failed.clone());
    for round in 0..parts.iter().map(|part| part.wall.len()).min().unwrap_or(0) {
        let add =
            |of: fn(&Runs) -> &Vec<f64>| parts.iter().filter_map(move |part| of(part).get(round));
        sum.wall.push(add(|part| &part.wall).sum());
        sum.processor.push(add(|part| &part.processor).sum());
        sum.peak.push(add(|part| &part.peak).copied().fold(0.0, f64::max));
    }
    sum
}

/// What programs that hold something of every entry take for one.
fn memory(runs: &[Runs], entries: u64) -> String {
    let each = |runs: &&Runs| {
        let bytes = median(&runs.peak) / entries as f64;
        format!("- {}: {bytes:.0} bytes of memory an entry\n", runs.name)
    };
    let holding = |runs: &&Runs| {
        runs.is_measured() && ["drift", "aide"].iter().any(|name| runs.name.starts_with(name))
    };
    format!("\n{}", runs.iter().filter(holding).map(|runs| each(&runs)).collect::<String>())
}

/// Programs that compare or digest all files of a tree. AIDE and mtree have looked at it once in their
/// preparation, which warms as a discarded run does.
fn peers(bench: &Bench, tree: &str) -> Result<Vec<Contender>, Box<dyn Error>> {
    let threads = bench.arguments.threads;
    let each = |program: &str| {
        format!("find '{tree}' -xdev -type f -print0 | xargs -0 -n 256 -P {threads} {program}")
    };
    let mut all = Vec::new();
    if is_installed("sha256sum")? {
        all.push(Contender::new("find; sha256sum, one process a core", each("sha256sum")));
    }
    if is_installed("b3sum")? {
        let script = each("b3sum --num-threads 1");
        all.push(Contender::new("find; b3sum, one process a core", script));
    }
    if is_installed("hashdeep")? {
        let script = format!("hashdeep -c sha256 -j {threads} -r '{tree}'");
        all.push(Contender::new(format!("hashdeep, {threads} threads"), script));
    }
    if is_installed("mtree")? {
        let specification = bench.place("mtree");
        let keys = "-k type,mode,uid,gid,nlink,size,time,link,sha256";
        bench.succeed(&format!("mtree -c -x {keys} -p '{tree}' >'{specification}'"))?;
        let script = format!("mtree -x -p '{tree}' -f '{specification}'");
        all.push(Contender { warm: false, ..Contender::new("mtree, comparing SHA-256", script) });
    }
    if is_installed("aide")? {
        all.push(aide(bench, tree)?);
    }
    Ok(all)
}

fn aide(bench: &Bench, tree: &str) -> Result<Contender, Box<dyn Error>> {
    let (file, threads) = (bench.place("aide.conf"), bench.arguments.threads);
    let text = AIDE
        .replace("{work}", &bench.schedule.scratch.display().to_string())
        .replace("{threads}", &threads.to_string())
        .replace("{tree}", tree);
    std::fs::write(&file, text)?;
    let (new, database) = (bench.place("aide.new"), bench.place("aide.db"));
    bench.succeed(&format!("aide --init '--config={file}' && mv '{new}' '{database}'"))?;
    let check = Contender::new(
        format!("aide --check, {threads} workers, same attributes"),
        format!("aide --check '--config={file}'"),
    );
    Ok(Contender { warm: false, ..check })
}
