//! The syntax of a module as the linter sees it, independent of the interpreter.
