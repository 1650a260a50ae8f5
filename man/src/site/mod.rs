//! The site: the sources of a book of mdBook, made of the manual pages and the documents of the tree
//! (`make docs`).

mod book;
mod document;
mod inline;
mod page;

pub use book::files;
