//! Comparing what two images say a container would be started with.
//!
//! Only what means something when it runs is compared, and what is empty equals what is absent, so
//! that one image is the same through every tool that writes it. Labels, annotations and history
//! tell how an image was built, and differ by build: they are reported, not compared.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Image, ImageConfig, Platform, decides_what_runs};

/// Before the name of a variable.
const ENVIRONMENT: &str = "config.environment.";

/// One difference of two configurations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageChange {
    /// Such as `config.user`; one of a list of names has the name after a dot.
    pub key: String,
    /// The value before, as text; `None` where there was none.
    pub before: Option<String>,
    /// The value after, as text; `None` where there is none.
    pub after: Option<String>,
}

impl ImageChange {
    /// Returns whether it bears on which program runs, or as whom.
    #[must_use]
    pub fn decides_what_runs(&self) -> bool {
        match self.key.as_str() {
            "config.user" | "config.entrypoint" | "config.command" | "config.healthcheck" => true,
            key => key.strip_prefix(ENVIRONMENT).is_some_and(decides_what_runs),
        }
    }
}

/// Compares two images, by key.
#[must_use]
pub fn compare_images(before: &Image, after: &Image) -> Vec<ImageChange> {
    let mut changes = Vec::new();
    let mut one = |key: &str, before: Option<String>, after: Option<String>| {
        if before != after {
            changes.push(ImageChange { key: key.to_owned(), before, after });
        }
    };
    let (old, new) = (&before.config, &after.config);
    one("config.command", list(&old.command), list(&new.command));
    one("config.entrypoint", list(&old.entrypoint), list(&new.entrypoint));
    one("config.healthcheck", list(&old.healthcheck), list(&new.healthcheck));
    one("config.stop_signal", text(&old.stop_signal), text(&new.stop_signal));
    one("config.user", text(&old.user), text(&new.user));
    one("config.working_directory", directory(old), directory(new));
    one("platform", platform(&before.platform), platform(&after.platform));
    let plain = |name: &String| name.clone();
    // "port/tcp, port/udp, or port with the default protocol tcp" (image specification, ExposedPorts).
    let port =
        |port: &String| if port.contains('/') { port.clone() } else { format!("{port}/tcp") };
    environment(&mut changes, old, new);
    members(&mut changes, "config.exposed_ports", (&old.exposed_ports, &new.exposed_ports), port);
    members(&mut changes, "config.volumes", (&old.volumes, &new.volumes), plain);
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    changes
}

fn text(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

/// An array of JSON: the only form in which `["a b"]` and `["a", "b"]` differ for everyone.
fn list(items: &[String]) -> Option<String> {
    (!items.is_empty()).then(|| serde_json::Value::from(items.to_vec()).to_string())
}

/// Without one a container starts in the root.
fn directory(config: &ImageConfig) -> Option<String> {
    let directory = config.working_directory.as_deref().unwrap_or_default();
    let directory = directory.trim_end_matches('/');
    (!directory.is_empty()).then(|| directory.to_owned())
}

/// The variant is left out where it is the one that the architecture stands for alone, as container
/// runtimes normalise it (containerd/platforms, `normalizeArch`).
fn platform(platform: &Platform) -> Option<String> {
    let mut platform = platform.clone();
    let implied = match platform.architecture.as_str() {
        "arm64" => "v8",
        "arm" => "v7",
        "amd64" => "v1",
        _ => "",
    };
    platform.variant = platform.variant.filter(|variant| !variant.is_empty() && variant != implied);
    (platform != Platform::default()).then(|| platform.to_string())
}

/// Compares variables by name and, where they are kept, by value; one that differs is one change.
fn environment(changes: &mut Vec<ImageChange>, before: &ImageConfig, after: &ImageConfig) {
    let (old, new) = (variables(before), variables(after));
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    // Of what is kept by name alone the name stands for the value.
    let shown = |name: &str, values: &Vec<&str>| match values.as_slice() {
        [] => name.to_owned(),
        [value] => (*value).to_owned(),
        several => serde_json::Value::from(several).to_string(),
    };
    for name in names {
        let (before, after) = (old.get(name), new.get(name));
        if before != after {
            changes.push(ImageChange {
                key: format!("{ENVIRONMENT}{name}"),
                before: before.map(|values| shown(name, values)),
                after: after.map(|values| shown(name, values)),
            });
        }
    }
}

/// Each variable with what is kept of its values.
fn variables(config: &ImageConfig) -> BTreeMap<&str, Vec<&str>> {
    let mut variables: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in &config.environment {
        let _values = variables.entry(name).or_default();
    }
    for (name, value) in &config.environment_values {
        variables.entry(name).or_default().push(value);
    }
    variables
}

/// Compares two sets of names; each that came or went is a change of its own.
fn members(
    changes: &mut Vec<ImageChange>,
    key: &str,
    (before, after): (&[String], &[String]),
    normal: impl Fn(&String) -> String,
) {
    let set = |names: &[String]| -> Vec<String> {
        let mut names: Vec<String> = names.iter().map(&normal).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let (before, after) = (set(before), set(after));
    let gone = before.iter().filter(|name| after.binary_search(name).is_err());
    let came = after.iter().filter(|name| before.binary_search(name).is_err());
    let change = |name: &String, old: bool| ImageChange {
        key: format!("{key}.{name}"),
        before: old.then(|| name.clone()),
        after: (!old).then(|| name.clone()),
    };
    changes.extend(gone.map(|name| change(name, true)));
    changes.extend(came.map(|name| change(name, false)));
}

#[cfg(test)]
mod tests {
    use super::{ImageChange, compare_images};
    use crate::model::{Image, Platform};

    /// Compares an empty image with the one that `change` makes of it, both ways.
    fn check(change: impl Fn(&mut Image), expect: &[(&str, Option<&str>)]) {
        let (empty, mut changed) = (Image::default(), Image::default());
        change(&mut changed);
        let own = |text: Option<&str>| text.map(str::to_owned);
        let one = |key: &str, before, after| ImageChange {
            key: key.to_owned(),
            before: own(before),
            after: own(after),
        };
        let there: Vec<_> = expect.iter().map(|(key, value)| one(key, None, *value)).collect();
        let back: Vec<_> = expect.iter().map(|(key, value)| one(key, *value, None)).collect();
        assert_eq!(compare_images(&empty, &changed), there);
        assert_eq!(compare_images(&changed, &empty), back);
        assert_eq!(compare_images(&changed, &changed), []);
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_runs_and_what_it_is_given() {
        let some = |text: &str| Some(text.to_owned());
        check(|image| image.config.user = some("app"), &[("config.user", Some("app"))]);
        check(|image| image.config.stop_signal = some("9"), &[("config.stop_signal", Some("9"))]);
        check(
            |image| image.config.entrypoint = texts(&["a b", "\""]),
            &[("config.entrypoint", Some(r#"["a b","\""]"#))],
        );
        check(
            |image| image.config.healthcheck = texts(&["CMD-SHELL", "x"]),
            &[("config.healthcheck", Some(r#"["CMD-SHELL","x"]"#))],
        );
        check(|image| image.config.command = texts(&[""]), &[("config.command", Some(r#"[""]"#))]);
        check(
            |image| image.config.working_directory = some("/srv/"),
            &[("config.working_directory", Some("/srv"))],
        );
        check(
            |image| image.config.environment = texts(&["B", "A", "A"]),
            &[("config.environment.A", Some("A")), ("config.environment.B", Some("B"))],
        );
        check(
            |image| image.config.exposed_ports = texts(&["80", "80/tcp", "53/udp"]),
            &[
                ("config.exposed_ports.53/udp", Some("53/udp")),
                ("config.exposed_ports.80/tcp", Some("80/tcp")),
            ],
        );
        check(|image| image.config.volumes = texts(&["/d"]), &[("config.volumes./d", Some("/d"))]);
        check(
            |image| image.platform = Platform::parse("linux/arm/v6").unwrap(),
            &[("platform", Some("linux/arm/v6"))],
        );
    }

    #[test]
    fn a_variable_is_one_change_by_name_or_value() {
        let with = |values: &[(&str, &str)]| {
            let mut image = Image::default();
            image.config.environment = texts(&["A", "PATH"]);
            let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            image.config.environment_values = values.iter().map(own).collect();
            image
        };
        let told = |before: &Image, after: &Image| -> Vec<String> {
            let changes = compare_images(before, after);
            let tell = |one: &ImageChange| {
                let text = |value: &Option<String>| value.clone().unwrap_or("-".to_owned());
                let runs = if one.decides_what_runs() { "!" } else { "" };
                format!("{}{runs} {} {}", one.key, text(&one.before), text(&one.after))
            };
            changes.iter().map(tell).collect()
        };
        let (golden, evil) = (with(&[("PATH", "/bin")]), with(&[("PATH", "/tmp/evil")]));
        let twice = with(&[("PATH", "/bin"), ("PATH", "/tmp/evil")]);
        assert_eq!(told(&golden, &golden), [""; 0]);
        assert_eq!(told(&golden, &evil), ["config.environment.PATH! /bin /tmp/evil"]);
        assert_eq!(
            told(&golden, &twice),
            [r#"config.environment.PATH! /bin ["/bin","/tmp/evil"]"#]
        );
        assert_eq!(
            told(&Image::default(), &golden),
            ["config.environment.A - A", "config.environment.PATH! - /bin"]
        );
        assert_eq!(told(&golden, &with(&[])), ["config.environment.PATH! /bin PATH"]);
        // What is empty is set all the same.
        assert_eq!(told(&golden, &with(&[("PATH", "")])), ["config.environment.PATH! /bin "]);
    }

    #[test]
    fn what_tools_write_differently_is_the_same() {
        let empty = || Some(String::new());
        check(|image| image.config.user = empty(), &[]);
        check(|image| image.config.stop_signal = empty(), &[]);
        check(|image| image.config.working_directory = Some("/".to_owned()), &[]);
        check(|image| image.config.labels = vec![(String::new(), String::new())], &[]);
        check(|image| image.annotations = vec![(String::new(), String::new())], &[]);
        check(|image| image.history.push(crate::model::HistoryStep::default()), &[]);
        check(|image| (image.reference, image.size) = (empty(), 9), &[]);
        for (plain, full) in [
            ("linux/arm64", "linux/arm64/v8"),
            ("linux/arm", "linux/arm/v7"),
            ("x/amd64", "x/amd64/v1"),
        ] {
            let of = |text| Image { platform: Platform::parse(text).unwrap(), ..Image::default() };
            assert_eq!(compare_images(&of(plain), &of(full)), []);
        }
    }
}
