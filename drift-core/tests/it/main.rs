//! One integration binary; its modules mirror those of the library.

<<<<<<< HEAD
mod report;
=======
mod packages;
>>>>>>> packages
