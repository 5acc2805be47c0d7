//! `drift keygen`: a key pair in ordinary PEM.

use drift_core::artifact::{self, Replace};
use drift_core::judge::Exit;
use drift_core::seal::{KeyAlgorithm, PrivateKey};

use crate::args::{self, Keygen};
use crate::failure::Failure;
use crate::terminal::{Terminal, shown};

use crate::artifacts::beside;

pub(crate) fn run(args: &Keygen, terminal: &Terminal) -> Result<Exit, Failure> {
    let algorithm = match args.algorithm {
        args::KeyAlgorithm::EcdsaP256 => KeyAlgorithm::EcdsaP256,
        args::KeyAlgorithm::Ed25519 => KeyAlgorithm::Ed25519,
    };
    let key = PrivateKey::generate(algorithm).map_err(Failure::internal)?;
    let (private, public) = (beside(&args.out, ".key.pem"), beside(&args.out, ".pub.pem"));
    let pem = key.to_pem().map_err(Failure::internal)?;
    // A key is never replaced: what it sealed could not be sealed again.
    let write = |path: &std::path::Path, bytes: &[u8], mode| {
        artifact::write(path, bytes, mode, Replace::No)
            .map_err(|error| Failure::output(&shown(path), error))
    };
    write(&private, pem.as_bytes(), 0o600)?;
    write(&public, key.public().to_pem().as_bytes(), 0o644)?;
    let told = format!(
        "private key {}\npublic key  {}\nkey digest  {}\n",
        shown(&private),
        shown(&public),
        key.public().key_id_full()
    );
    terminal.result(told.as_bytes())?;
    terminal.note("keep the private key off the hosts that are checked");
    Ok(Exit::CLEAN)
}
