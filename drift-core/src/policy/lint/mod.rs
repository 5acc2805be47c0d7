//! What is refused when a policy is loaded, because it could read as a pass, hang, or depend on more
//! than its input.
