//! The names of several spaces, and the dimensions that they have in common.

use std::path::{Path, PathBuf};

use crate::base::error::{Error, Result};

/// The first name that occurs a second time.
pub(super) fn repeated<'a>(names: &[&'a str]) -> Option<&'a str> {
    names
        .iter()
        .enumerate()
        .find(|&(place, name)| names[..place].contains(name))
        .map(|(_, name)| *name)
}

/// Short names for the spaces: those of their files without the extension, or the whole paths if
/// two of the short names would be the same.
///
/// # Errors
/// [`Error::Malformed`] if a path occurs twice.
pub(super) fn names_of(paths: &[PathBuf]) -> Result<Vec<String>> {
    let short = |path: &PathBuf| {
        let is_known = path
            .extension()
            .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known));
        let name = if is_known { path.file_stem() } else { path.file_name() };
        name.map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
    };
    let names: Vec<String> = paths.iter().map(short).collect();
    if repeated(&names.iter().map(String::as_str).collect::<Vec<_>>()).is_none() {
        return Ok(names);
    }
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    match repeated(&names.iter().map(String::as_str).collect::<Vec<_>>()) {
        Some(name) => Err(Error::malformed(
            Path::new(name),
            None,
            "the same vectors a second time",
            "other vectors for each space",
        )),
        None => Ok(names),
    }
}

/// The dimensions of all spaces after the cut to `asked`.
///
/// # Errors
/// [`Error::UnequalDimensions`] with two that differ; [`Error::Parameter`] if `asked` is more than
/// one of them has.
pub(super) fn common_dim(spaces: &[(PathBuf, usize)], asked: Option<usize>) -> Result<usize> {
    let (first, least) = (&spaces[0], spaces.iter().map(|it| it.1).min().unwrap_or(0));
    match asked {
        Some(dim) if dim == 0 || dim > least => Err(Error::Parameter {
            name: "dim",
            found: dim.to_string(),
            expected: format!("from 1 to {least}, the dimensions that all have"),
        }),
        Some(dim) => Ok(dim),
        None => match spaces.iter().find(|it| it.1 != first.1) {
            None => Ok(first.1),
            Some(other) => Err(Error::UnequalDimensions {
                first: first.0.clone(),
                first_dim: first.1,
                other: other.0.clone(),
                other_dim: other.1,
                least,
            }),
        },
    }
}

/// Extensions that the name of a space does not show.
const EXTENSIONS: [&str; 6] = ["model", "vec", "bin", "npy", "safetensors", "txt"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_where_that_is_clear() {
        let names = |paths: &[&str]| names_of(&paths.iter().map(PathBuf::from).collect::<Vec<_>>());
        assert_eq!(names(&["/a/1850.model", "/a/1900.model"]).unwrap(), ["1850", "1900"]);
        assert_eq!(names(&["news.1", "news.2"]).unwrap(), ["news.1", "news.2"]);
        assert_eq!(names(&["a/en.vec", "b/en.vec"]).unwrap(), ["a/en.vec", "b/en.vec"]);
        let message = names(&["en.vec", "en.vec"]).unwrap_err().to_string();
        assert_eq!(
            message,
            "`en.vec`: found the same vectors a second time, expected other vectors for each space"
        );
    }

    #[test]
    fn unequal_dimensions_are_named_with_the_way_out() {
        let spaces = [("a".into(), 8), ("b".into(), 8), ("c".into(), 5), ("d".into(), 4)];
        let message = common_dim(&spaces, None).unwrap_err().to_string();
        assert_eq!(message, "`a` has 8 dimensions, `c` 5");
        assert_eq!(common_dim(&spaces, Some(4)).unwrap(), 4);
        let message = common_dim(&spaces, Some(5)).unwrap_err().to_string();
        assert_eq!(message, "dim is 5, expected from 1 to 4, the dimensions that all have");
    }
}
