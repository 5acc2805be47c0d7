//! One integration binary; its modules mirror those of the library.

mod baseline;
mod compare;
mod detection;
mod faults;
mod packages;
mod report;
mod seal;
mod stability;
mod tar;
mod walk;
