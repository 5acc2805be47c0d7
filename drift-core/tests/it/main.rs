//! One integration binary; its modules mirror those of the library.

mod baseline;
