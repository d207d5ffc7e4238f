//! What the two languages of a map are called: by their files, since a map knows no languages.

use std::path::Path;

use eigenlex::align::{AlignmentMap, Language};

/// The names of source and target, which differ: those of their files without extensions, whole if
/// these are equal.
pub(crate) fn names_of(map: &AlignmentMap) -> [String; 2] {
    let names = |name: fn(&Path) -> String| {
        let languages = [Language::Source, Language::Target];
        let names = languages.map(|language| name(&map.space(language).path));
        (names[0] != names[1]).then_some(names)
    };
    let names = names(short_name).or_else(|| names(file_name));
    names.unwrap_or_else(|| ["source", "target"].map(str::to_owned))
}

/// The name of a file or folder.
fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The same without what stands after the first dot.
fn short_name(path: &Path) -> String {
    let name = file_name(path);
    name.split('.').next().filter(|start| !start.is_empty()).unwrap_or(&name).to_owned()
}
