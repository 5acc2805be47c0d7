//! Which environment variables decide what code runs, and are therefore kept with their values.
//!
//! All others are kept by name alone: secrets live there, and most of them configure one program
//! that this one does not know. A name that is missing here makes a change of its value unseen; one
//! too many shows a value, masked where it looks like a secret.

/// Names, each perhaps with `*` at its beginning or its end for anything, and what they decide.
pub const DECIDING_VARIABLES: &[(&[&str], &str)] = &[
    (&["PATH"], "where programs are looked for that are called by name (execvp(3))"),
    (
        &["LD_*", "*PRELOAD", "GLIBC_TUNABLES"],
        "what the dynamic linker loads into each program, and how (ld.so(8))",
    ),
    (
        &["GCONV_PATH", "LOCPATH", "NLSPATH", "GETCONF_DIR"],
        "modules, tables and programs that the C library loads",
    ),
    (
        &["BASH_ENV", "BASH_FUNC_*", "ENV", "ZDOTDIR", "PROMPT_COMMAND", "PS4"],
        "what a shell runs before or beside the script that it is given",
    ),
    (&["IFS", "SHELLOPTS", "BASHOPTS"], "how a shell reads scripts"),
    (&["SHELL"], "the shell that programs start for a command"),
    (&["HOME", "XDG_CONFIG_HOME"], "where start-up files lie that run or name programs"),
    (
        &["EDITOR", "VISUAL", "PAGER", "MANPAGER", "BROWSER", "LESSOPEN", "LESSCLOSE"],
        "programs that others start",
    ),
    (
        &[
            "PYTHONPATH",
            "PYTHONHOME",
            "PYTHONSTARTUP",
            "PYTHONUSERBASE",
            "PYTHONBREAKPOINT",
            "PYTHONEXECUTABLE",
            "PYTHONINSPECT",
            "PYTHONPLATLIBDIR",
            "PYTHONPYCACHEPREFIX",
            "PYTHONWARNINGS",
        ],
        "modules that Python imports (python(1)); PYTHON_VERSION and the like are notes of builders",
    ),
    (&["VIRTUAL_ENV"], "the environment from which tools of Python take their modules"),
    (&["PERL5*", "PERLLIB"], "modules and options of Perl (perlrun(1))"),
    (
        &[
            "RUBYLIB",
            "RUBYOPT",
            "RUBYSHELL",
            "GEM_HOME",
            "GEM_PATH",
            "BUNDLE_GEMFILE",
            "BUNDLE_PATH",
        ],
        "modules and options of Ruby (ruby(1))",
    ),
    (&["NODE_OPTIONS", "NODE_PATH"], "modules and options of Node.js"),
    (
        &[
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "JAVA_OPTS",
            "JAVA_HOME",
            "CLASSPATH",
            "CATALINA_OPTS",
            "MAVEN_OPTS",
        ],
        "agents, classes and options of Java, and which Java runs",
    ),
    (
        &[
            "DOTNET_STARTUP_HOOKS",
            "DOTNET_ADDITIONAL_DEPS",
            "DOTNET_SHARED_STORE",
            "DOTNET_ROOT",
            "CORECLR_PROFILER*",
            "COR_PROFILER*",
        ],
        "code that .NET loads into each program",
    ),
    (&["PHPRC", "PHP_INI_SCAN_DIR"], "settings of PHP, which prepend scripts"),
    (&["LUA_INIT*", "LUA_PATH*", "LUA_CPATH*"], "code and modules of Lua"),
    (&["R_PROFILE*", "R_ENVIRON*", "R_LIBS*"], "code and modules of R"),
    (
        &["OPENSSL_CONF", "OPENSSL_MODULES", "OPENSSL_ENGINES"],
        "modules that OpenSSL loads into each program that uses it",
    ),
    (
        &[
            "GIT_SSH*",
            "GIT_ASKPASS",
            "GIT_EDITOR",
            "GIT_PAGER",
            "GIT_EXEC_PATH",
            "GIT_EXTERNAL_DIFF",
            "GIT_PROXY_COMMAND",
            "GIT_TEMPLATE_DIR",
            "GIT_CONFIG_GLOBAL",
            "GIT_CONFIG_SYSTEM",
            "SSH_ASKPASS",
        ],
        "programs that git and ssh start, and settings that name them",
    ),
];

/// Returns whether the value of this variable decides which code runs.
///
/// ```
/// use drift_core::model::decides_what_runs;
/// assert!(decides_what_runs("LD_PRELOAD") && !decides_what_runs("API_TOKEN"));
/// ```
#[must_use]
pub fn decides_what_runs(name: &str) -> bool {
    let fits = |pattern: &str| match (pattern.strip_suffix('*'), pattern.strip_prefix('*')) {
        (Some(start), _) => name.starts_with(start),
        (_, Some(end)) => name.ends_with(end),
        _ => name == pattern,
    };
    DECIDING_VARIABLES.iter().flat_map(|(names, _)| *names).any(|pattern| fits(pattern))
}

#[cfg(test)]
mod tests {
    use super::decides_what_runs;

    #[test]
    fn names_that_decide_and_names_that_do_not() {
        for name in [
            "PATH",
            "LD_PRELOAD",
            "LD_LIBRARY_PATH",
            "LD_AUDIT",
            "GCONV_PATH",
            "BASH_ENV",
            "ENV",
            "IFS",
            "SHELL",
            "BASH_FUNC_ls%%",
            "PYTHONPATH",
            "PERL5LIB",
            "PERL5OPT",
            "RUBYLIB",
            "RUBYOPT",
            "NODE_OPTIONS",
            "NODE_PATH",
            "JAVA_TOOL_OPTIONS",
            "_JAVA_OPTIONS",
            "JDK_JAVA_OPTIONS",
            "CLASSPATH",
            "GEM_PATH",
            "DOTNET_STARTUP_HOOKS",
            "GIT_SSH_COMMAND",
            "APP_PRELOAD",
        ] {
            assert!(decides_what_runs(name), "{name}");
        }
        for name in [
            "",
            "API_TOKEN",
            "LANG",
            "PYTHON_VERSION",
            "PATHS",
            "MY_PATH",
            "path",
            "ENVIRONMENT",
            "LD",
            "GEM_HOST_API_KEY",
            "GPG_KEY",
            "*",
            "PRELOADED",
        ] {
            assert!(!decides_what_runs(name), "{name}");
        }
    }
}
