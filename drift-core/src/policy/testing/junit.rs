//! Results of tests as JUnit XML, for the dashboards of CI systems.

use crate::bounds::escape;

use super::{Ending, Test};

/// Returns the document: one suite for each package.
#[must_use]
pub fn junit(results: &[(Test, Ending)]) -> String {
    let mut packages: Vec<&str> = results.iter().map(|(test, _)| test.package.as_str()).collect();
    packages.sort_unstable();
    packages.dedup();
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for package in packages {
        let of_package: Vec<&(Test, Ending)> =
            results.iter().filter(|(test, _)| test.package == package).collect();
        suite(&mut text, package, &of_package);
    }
    text.push_str("</testsuites>\n");
    text
}

fn suite(text: &mut String, package: &str, results: &[&(Test, Ending)]) {
    let count =
        |name: &[&str]| results.iter().filter(|(_, ending)| name.contains(&ending.name())).count();
    text.push_str(&format!(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
        xml(package),
        results.len(),
        count(&["fail"]),
        count(&["error", "exceeded"]),
        count(&["skipped"])
    ));
    for (test, ending) in results {
        text.push_str(&format!(
            "    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\"",
            xml(&test.name),
            xml(package),
            xml(&test.file),
            test.line
        ));
        let inside = match ending {
            Ending::Passed => None,
            Ending::Skipped => Some("<skipped/>".to_owned()),
            Ending::Failed { line, text } => Some(format!(
                "<failure message=\"not true\">{}:{line}: {}</failure>",
                xml(&test.file),
                xml(text)
            )),
            Ending::Error(why) => Some(format!("<error message=\"error\">{}</error>", xml(why))),
            Ending::Exceeded(why) => Some(format!("<error message=\"limit\">{}</error>", xml(why))),
        };
        match inside {
            None => text.push_str("/>\n"),
            Some(inside) => text.push_str(&format!(">{inside}</testcase>\n")),
        }
    }
    text.push_str("  </testsuite>\n");
}

/// Names and words as they may be shown, so that nothing is left that XML 1.0 cannot hold.
fn xml(text: &str) -> String {
    escape::xml(&escape::escaped(text.as_bytes()).to_string())
}
