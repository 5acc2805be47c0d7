//! The functions of Rego that a policy may call: those whose result depends on their arguments alone,
//! and which this interpreter and an independent one (rego-cpp) both have.

/// What a function hands on of its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::policy) enum Result {
    /// A scalar, or something made anew.
    New,
    /// Elements of its first argument, in another order or fewer.
    First,
    /// Elements of its first two arguments.
    FirstTwo,
    /// `object.get`: the member of the first argument that the second names, or the third.
    Member,
    /// One element of its first argument.
    Element,
}

/// Every function that may be called.
pub(in crate::policy) const ALLOWED: &[(&str, Result)] = &[
    ("abs", Result::New),
    ("array.concat", Result::FirstTwo),
    ("array.reverse", Result::First),
    ("array.slice", Result::First),
    ("base64.decode", Result::New),
    ("base64.encode", Result::New),
    ("base64.is_valid", Result::New),
    ("bits.and", Result::New),
    ("bits.lsh", Result::New),
    ("bits.negate", Result::New),
    ("bits.or", Result::New),
    ("bits.rsh", Result::New),
    ("bits.xor", Result::New),
    ("ceil", Result::New),
    ("concat", Result::New),
    ("contains", Result::New),
    ("count", Result::New),
    ("endswith", Result::New),
    ("floor", Result::New),
    ("format_int", Result::New),
    ("glob.match", Result::New),
    ("hex.decode", Result::New),
    ("hex.encode", Result::New),
    ("indexof", Result::New),
    ("indexof_n", Result::New),
    ("intersection", Result::Element),
    ("is_array", Result::New),
    ("is_boolean", Result::New),
    ("is_null", Result::New),
    ("is_number", Result::New),
    ("is_object", Result::New),
    ("is_set", Result::New),
    ("is_string", Result::New),
    ("json.is_valid", Result::New),
    ("json.marshal", Result::New),
    ("json.unmarshal", Result::New),
    ("lower", Result::New),
    ("max", Result::Element),
    ("min", Result::Element),
    ("net.cidr_contains", Result::New),
    ("numbers.range", Result::New),
    ("object.filter", Result::First),
    ("object.get", Result::Member),
    ("object.keys", Result::New),
    ("object.remove", Result::First),
    ("object.union", Result::FirstTwo),
    ("product", Result::New),
    ("regex.is_valid", Result::New),
    ("regex.match", Result::New),
    ("regex.replace", Result::New),
    ("regex.split", Result::New),
    ("replace", Result::New),
    ("round", Result::New),
    ("semver.compare", Result::New),
    ("semver.is_valid", Result::New),
    ("sort", Result::First),
    ("split", Result::New),
    ("sprintf", Result::New),
    ("startswith", Result::New),
    ("strings.any_prefix_match", Result::New),
    ("strings.any_suffix_match", Result::New),
    ("strings.count", Result::New),
    ("strings.replace_n", Result::New),
    ("strings.reverse", Result::New),
    ("substring", Result::New),
    ("sum", Result::New),
    ("time.add_date", Result::New),
    ("time.clock", Result::New),
    ("time.date", Result::New),
    ("time.parse_duration_ns", Result::New),
    ("time.parse_rfc3339_ns", Result::New),
    ("time.weekday", Result::New),
    ("to_number", Result::New),
    ("trim", Result::New),
    ("trim_left", Result::New),
    ("trim_prefix", Result::New),
    ("trim_right", Result::New),
    ("trim_space", Result::New),
    ("trim_suffix", Result::New),
    ("type_name", Result::New),
    ("union", Result::Element),
    ("units.parse", Result::New),
    ("units.parse_bytes", Result::New),
    ("upper", Result::New),
];

/// Functions that are refused for a reason which the author should hear.
const REFUSED: &[(&str, &str)] = &[
    ("http.", "it asks the network; a report must be repeatable from its input"),
    ("io.", "it is not in this interpreter"),
    ("net.lookup_ip_addr", "it asks the network; a report must be repeatable from its input"),
    ("opa.", "it depends on where it runs; a report must be repeatable from its input"),
    ("print", "a policy speaks through deny, not_applicable and not_checked alone"),
    ("rand.", "it gives another answer each time; a report must be repeatable from its input"),
    ("rego.", "it is not in this interpreter"),
    ("test.", "it is for the tests of an interpreter"),
    ("time.now_ns", "it depends on the clock; input.now has the time of the run"),
    ("trace", "a policy speaks through deny, not_applicable and not_checked alone"),
    ("walk", "it hides what the policy looks at, and is not in this interpreter"),
    ("uuid.", "it gives another answer each time; a report must be repeatable from its input"),
    ("crypto.", "it is not in this interpreter"),
];

/// Returns what an allowed function hands on.
pub(in crate::policy) fn result(name: &str) -> Option<Result> {
    let place = ALLOWED.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    ALLOWED.get(place).map(|(_, result)| *result)
}

/// Returns why a function is refused.
pub(in crate::policy) fn refusal(name: &str) -> Option<&'static str> {
    let is = |(known, _): &&(&str, &str)| {
        *known == name || known.ends_with('.') && name.starts_with(known)
    };
    REFUSED.iter().find(is).map(|(_, why)| *why)
}
