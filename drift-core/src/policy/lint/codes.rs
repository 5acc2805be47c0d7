//! Every code that a diagnostic may carry: the one table, which docs/policies.md shows.

/// One kind of refusal.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// What stands in brackets behind a message; the same in every version.
    pub code: &'static str,
    /// What is wrong, and why it is refused.
    pub meaning: &'static str,
    /// A line that it refuses.
    pub example: &'static str,
    /// What to write instead.
    pub cure: &'static str,
}

/// Declares the names of the codes and the table at once.
macro_rules! codes {
    ($($name:ident = $code:literal, $meaning:literal, $example:literal, $cure:literal;)*) => {
        $(pub(in crate::policy) const $name: &str = $code;)*

        /// Every code, in the order of the checks.
        pub const CODES: &[Code] = &[$(Code {
            code: $code,
            meaning: $meaning,
            example: $example,
            cure: $cure,
        }),*];
    };
}

codes! {
    TEXT_SIZE = "text/size",
        "A file is larger than 256 KiB, a line longer than 4096 bytes, or there are too many files.",
        "x := [1, 2, …]", "split the policy";
    TEXT_CHARACTER = "text/character",
        "A control character, a byte order mark, or a character that changes the order in which the text is shown.",
        "deny contains \"\\u202e\" if …", "remove it";
    NESTING = "text/nesting",
        "Brackets, signs or operators nest so deeply that the parser or the interpreter could not bear it.",
        "x := [[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "give the inner parts names";
    SYNTAX = "syntax",
        "The text is no Rego of version 1.",
        "deny { input.x }", "see the place under the caret";
    COMPILE = "compile",
        "The modules do not fit together: a variable that nothing binds and the like.",
        "deny contains {\"path\": p} if input.now", "bind the variable, or correct its name";
    METADATA = "metadata",
        "The block `# METADATA` right above `package` is missing, stands elsewhere, or is no YAML.",
        "package drift.host.x", "write the block; `drift policy new` makes one";
    METADATA_MEMBER = "metadata/member",
        "A member of METADATA is unknown, missing, or of a wrong type.",
        "#   severty: high", "correct the name or the value";
    ID = "metadata/id",
        "The id is no PACK/NAME, does not fit the package, or another policy has it.",
        "#   id: host/other", "an id host/x-y stands in package drift.host.x_y";
    PARAMETERS = "metadata/parameters",
        "Two policies declare one parameter with different defaults.",
        "#   parameters: {allowed: {default: []}}", "agree on one default, or use two names";
    PACKAGE = "lint/package",
        "The package is not drift.PACK.NAME, belongs to another file, or is one of the built-in library.",
        "package params", "one file, one package, below drift.";
    HEAD = "lint/head",
        "A rule's name is a path, or is the name of a built-in or of an import; or a name hides `input` or `data`.",
        "a.b := 1", "use a plain name of its own";
    DENY = "lint/deny",
        "There is no `deny`, or an answer (`deny`, `not_applicable`, `not_checked`) is no set of what was found.",
        "deny := true if …", "deny contains {\"path\": …} if …";
    DENIAL = "lint/denial",
        "A denial has a member that the report has no place for, or a value that is no scalar.",
        "deny contains {\"pfad\": f.path} if …", "path, line, observed, expected, message, package";
    UNUSED = "lint/unused",
        "Nothing asks this rule: often a misspelt `deny` or `not_applicable`.",
        "not_aplicable contains \"…\" if …", "correct the name, or remove it";
    INPUT = "lint/input",
        "The input has no such member, so that the expression would be undefined and the policy would pass.",
        "some f in input.filez", "correct the name; docs/schema/drift.input.v1.json has all";
    KEY = "lint/key",
        "A member is named by an expression, or members by a path or a pattern, so that nobody can tell what the policy looks at and whether there is such a thing.",
        "input.files[p]", "write the name as a literal";
    WHOLE = "lint/whole",
        "The input, or a part of it whose members must be named, is used as a whole.",
        "walk(input, [p, v])", "name the member";
    WITH = "lint/with",
        "`with` replaces what was observed; only tests may do so.",
        "count(x) == 0 with input as {}", "move it to NAME_test.rego";
    MOCK = "lint/mock",
        "A test gives an input that has a member which the input never has.",
        "with input as {\"filez\": {}}", "correct the name";
    PATH = "lint/path",
        "`paths` of METADATA and what the policy looks at in input.files differ.",
        "input.files[\"/etc/shadow\"]", "list the path, or remove it";
    PARAMETER = "lint/parameter",
        "`parameters` of METADATA and what the policy reads of data.params differ.",
        "data.params.alowed", "declare it, or correct the name";
    BUILTIN = "lint/builtin",
        "The function is unknown, takes another number of arguments, or depends on more than its arguments.",
        "time.now_ns()", "input.now has the time of the run";
    REFERENCE = "lint/reference",
        "A rule, function or package is referred to that there is not, or that a policy may not use.",
        "mode.bitz(f.mode)", "correct the name";
    RECURSION = "lint/recursion",
        "A rule needs itself; the interpreter would not survive it.",
        "f(x) := f(x + 1)", "use a comprehension, or numbers.range";
}
