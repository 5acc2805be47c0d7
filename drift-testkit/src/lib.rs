//! Builders, oracles and requirement probes for drift's own tests.
