//! One integration binary; its modules mirror those of the library.

#[cfg(test)]
mod faults;
#[cfg(test)]
mod walk;
