//! What goes from a command and what stays.

use super::{masked, masked_arguments};

#[track_caller]
fn check(command: &str, expect: &str) {
    let masked = masked(command);
    assert_eq!(masked.text, expect);
    assert_eq!(masked.kinds.is_empty(), command == expect, "{command}: {:?}", masked.kinds);
}

#[test]
fn what_is_no_secret_stays() {
    for command in [
        "RUN /bin/sh -c apt-get install -y debian-archive-keyring  && apt-key add x",
        "CMD [\"bash\"]",
        "/bin/sh -c #(nop) ADD file:abc in / ",
        "RUN |1 VERSION=3 /bin/sh -c curl -u $USER https://example.org/key=",
        "ENV GPG_KEY=E3FF2839C048B25C",
        "RUN docker login --password-stdin",
        "RUN TOKEN=$TOKEN ./x; TOKEN=\"${TOKEN}\" ./y",
        "COPY --from=0 /a /b # buildkit",
    ] {
        check(command, command);
    }
}

#[test]
fn secrets_go_and_the_rest_stays() {
    check("ENV PASSWORD=hunter2", "ENV PASSWORD=[masked]");
    check("ENV PASSWORD=a b c NEXT=x", "ENV PASSWORD=[masked] NEXT=x");
    check("/bin/sh -c #(nop)  ENV DB_PASSWORD=a b", "/bin/sh -c #(nop)  ENV DB_PASSWORD=[masked]");
    check("ENV API_TOKEN hunter2", "ENV API_TOKEN [masked]");
    check("ARG TOKEN=x", "ARG TOKEN=[masked]");
    check(
        "RUN |2 TOKEN=a b VERSION=3 /bin/sh -c make # buildkit",
        "RUN |2 TOKEN=a b VERSION=3 /bin/sh -c make # buildkit".replace("a b", "[masked]").as_str(),
    );
    check("|1 SECRET=a b /bin/sh -c make", "|1 SECRET=[masked] /bin/sh -c make");
    check("/bin/sh -c export TOKEN='a b' && make", "/bin/sh -c export TOKEN=[masked] && make");
    check("sh -c \"TOKEN=a make\" x", "sh -c \"TOKEN=[masked] make\" x");
    check("sh -c \"TOKEN='a b' make\" x", "sh -c \"TOKEN=[masked] make\" x");
    check("sh -c \"TOKEN=\\\"a b\\\" make\" x", "sh -c \"TOKEN=[masked] make\" x");
    check("echo don't; TOKEN='a b' make", "echo don't; TOKEN=[masked] make");
    check("RUN TOKEN=a\\ b make", "RUN TOKEN=[masked] make");
    check("x --build-arg API_KEY=1 .", "x --build-arg API_KEY=[masked] .");
    check("x --password hunter2 y", "x --password [masked] y");
    check("x --password=hunter2 y", "x --password=[masked] y");
    check("curl -u me:pw https://h", "curl -u [masked] https://h");
    check("curl https://u:p@h/x y", "curl [masked] y");
    check(
        "curl -H \"Authorization: Bearer abc\" h",
        "curl -H \"Authorization: Bearer [masked]\" h",
    );
    check("echo AKIAIOSFODNN7EXAMPLE x", "echo [masked] x");
    check("A=AKIAIOSFODNN7EXAMPLE x", "A=[masked] x");
    check("curl h?access_token=abc x", "curl h?access_token=[masked] x");
    check("useradd -p $6$salt$hash me", "useradd -p [masked] me");
}

#[test]
fn a_command_of_nothing_but_secrets_costs_little() {
    for part in ["TOKEN=x\"", "://a", "TOKEN=x ", "eyJ-", "\\\"TOKEN=", "ENV ", "'"] {
        let command = part.repeat((1 << 18) / part.len());
        assert!(masked(&command).text.len() <= command.len());
    }
    let many = masked(&"TOKEN=x ".repeat(100));
    assert_eq!(many.text.matches("[masked]").count(), 17);
    assert!(!many.text.contains('x'));
}

#[test]
fn arguments_are_words() {
    let (shown, kinds) = masked_arguments(&[
        "serve",
        "--token",
        "a b",
        "--db-password=x",
        "sh",
        "-c",
        "K=1 PASSWORD=y z",
    ]);
    assert_eq!(
        shown.join("|"),
        "serve|--token|[masked]|--db-password=[masked]|sh|-c|K=1 PASSWORD=[masked] z"
    );
    assert_eq!(kinds.len(), 1);
}
