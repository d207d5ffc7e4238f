//! Tests of archives that are put together by hand or by the crates that write them.

use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::base::error::ArchiveFault;

/// A tar archive of files.
fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ::tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        if name.ends_with('/') {
            header.set_entry_type(::tar::EntryType::Directory);
        }
        archive.append_data(&mut header, name, *bytes).unwrap();
    }
    archive.into_inner().unwrap()
}

/// A zip archive of files, each stored or deflated by its place.
fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut list) = (Vec::new(), Vec::new());
    for (place, (name, bytes)) in members.iter().enumerate() {
        let (method, packed) = match place % 5 {
            0 => (0u16, bytes.to_vec()),
            1 => (8, deflate(bytes)),
            2 => (12, bzip2(bytes)),
            3 => (93, zstd::encode_all(*bytes, 3).unwrap()),
            _ => (95, xz(bytes)),
        };
        put_member(&mut archive, &mut list, name, method, 0, bytes, &packed);
    }
    end_zip(archive, &list, members.len() as u16)
}

/// The headers of a member as the format has them, in the archive and in its list.
fn put_member(
    archive: &mut Vec<u8>,
    list: &mut Vec<u8>,
    name: &str,
    method: u16,
    flags: u16,
    bytes: &[u8],
    packed: &[u8],
) {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    let start = archive.len() as u32;
    let mut common = Vec::new();
    for number in [20u16, flags | 0x800, method, 0, 0x21] {
        common.extend(number.to_le_bytes());
    }
    for number in [crc.sum(), packed.len() as u32, bytes.len() as u32] {
        common.extend(number.to_le_bytes());
    }
    common.extend((name.len() as u16).to_le_bytes());
    common.extend([0, 0]);
    archive.extend(b"PK\x03\x04");
    archive.extend(&common);
    archive.extend(name.as_bytes());
    archive.extend(packed);
    list.extend(b"PK\x01\x02\x14\0");
    list.extend(&common);
    list.extend([0; 10]);
    list.extend(start.to_le_bytes());
    list.extend(name.as_bytes());
}

fn end_zip(mut archive: Vec<u8>, list: &[u8], n_members: u16) -> Vec<u8> {
    let start = archive.len() as u32;
    archive.extend(list);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend(n_members.to_le_bytes());
    archive.extend(n_members.to_le_bytes());
    archive.extend((list.len() as u32).to_le_bytes());
    archive.extend(start.to_le_bytes());
    archive.extend([0, 0]);
    archive
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ::bzip2::write::BzEncoder::new(Vec::new(), ::bzip2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Writes a file and runs `run` with its path.
fn with_file<T>(bytes: &[u8], run: impl FnOnce(&Path) -> T) -> T {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.archive");
    std::fs::write(&path, bytes).unwrap();
    run(&path)
}

fn read(mut reader: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(|error| Error::io("read", "member", error))?;
    Ok(bytes)
}

/// Names and bytes of all files, by the list.
fn listed(archive: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
    with_file(archive, |path| {
        let members = list(path)?.expect("it is an archive");
        members.iter().map(|it| Ok((it.name.clone(), read(it.open(path)?)?))).collect()
    })
}

/// Names and bytes of all files of a tar archive, by a walk.
fn walked(archive: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut stream = TarStream::new(archive, Path::new("a.tar"));
    let mut files = Vec::new();
    while let Some((name, reader)) = stream.next_member()? {
        files.push((name, read(reader)?));
    }
    Ok(files)
}

/// What hidden members and folders there may be, and what is found.
type Files<'a> = [(&'a str, &'a [u8])];

const MEMBERS: &Files<'_> = &[
    ("dir/", b""),
    ("dir/b.txt", b"second"),
    ("__MACOSX/dir/._b.txt", b"resource"),
    (".DS_Store", b"hidden"),
    ("a.txt", b"first file, and long enough to be compressed: aaaaaaaaaaaaaaaaaaaaaaa"),
    ("dir/.git/config", b"hidden"),
    ("empty.txt", b""),
];

fn shown() -> Vec<(String, Vec<u8>)> {
    [1, 4, 6].map(|place| (MEMBERS[place].0.to_owned(), MEMBERS[place].1.to_vec())).to_vec()
}

#[test]
fn the_files_of_an_archive_are_read_in_its_order_without_the_hidden_ones() {
    assert_eq!(listed(&zip_of(MEMBERS)).unwrap(), shown());
    assert_eq!(listed(&tar_of(MEMBERS)).unwrap(), shown());
    assert_eq!(walked(&tar_of(MEMBERS)).unwrap(), shown());
    assert!(with_file(b"no archive", |path| list(path).unwrap().is_none()));
    // Each of the five methods.
    let text = b"the king and the queen".repeat(99);
    let members: Vec<(String, Vec<u8>)> =
        (0..5).map(|number| (format!("{number}.txt"), text.clone())).collect();
    let borrowed: Vec<(&str, &[u8])> =
        members.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    assert_eq!(listed(&zip_of(&borrowed)).unwrap(), members);
    // The end of an empty archive is all of it.
    assert_eq!(listed(&zip_of(&[])).unwrap(), []);
}

#[test]
fn long_names_and_links_in_tar_archives_are_understood() {
    let long = format!("{}/a.txt", "folder".repeat(40));
    let mut archive = ::tar::Builder::new(Vec::new());
    let mut header = ::tar::Header::new_ustar();
    header.set_entry_type(::tar::EntryType::Symlink);
    header.set_size(0);
    archive.append_link(&mut header, "link.txt", "a.txt").unwrap();
    archive.append_pax_extensions([("path", long.as_bytes())]).unwrap();
    let mut header = ::tar::Header::new_ustar();
    header.set_path("short").unwrap();
    header.set_size(3);
    header.set_cksum();
    archive.append(&header, &b"abc"[..]).unwrap();
    let mut header = ::tar::Header::new_gnu();
    header.set_size(1);
    archive.append_data(&mut header, format!("./{long}"), &b"d"[..]).unwrap();
    let bytes = archive.into_inner().unwrap();
    let expected = vec![(long.clone(), b"abc".to_vec()), (long, b"d".to_vec())];
    assert_eq!(walked(&bytes).unwrap(), expected);
    assert_eq!(listed(&bytes).unwrap(), expected);
}

#[test]
fn a_member_that_is_not_read_to_its_end_is_passed_over() {
    let bytes = tar_of(MEMBERS);
    let mut stream = TarStream::new(&bytes[..], Path::new("a.tar"));
    let (name, mut first) = stream.next_member().unwrap().unwrap();
    let mut two = [0; 2];
    first.read_exact(&mut two).unwrap();
    assert_eq!((name.as_str(), &two), ("dir/b.txt", b"se"));
    let (name, second) = stream.next_member().unwrap().unwrap();
    assert_eq!(name, "a.txt");
    // The reader of the first is at its end, though there was more.
    assert_eq!(read(first).unwrap(), b"");
    assert_eq!(read(second).unwrap(), MEMBERS[4].1);
}

#[test]
fn damaged_archives_are_named() {
    let says = |result: Result<Vec<(String, Vec<u8>)>>, text: &str| {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(text), "{message}");
    };
    let tar = tar_of(MEMBERS);
    says(walked(&tar[..3600]), "the tar archive `a.tar` cannot be read: ");
    says(listed(&tar[..3600]), "a.archive` cannot be read: ");
    let mut flipped = tar.clone();
    flipped[520] ^= 1;
    says(walked(&flipped), "the tar archive `a.tar` cannot be read: ");
    let mut zip = zip_of(&[("a.txt", b"stored")]);
    says(listed(&zip[..zip.len() - 9]), "the zip archive `");
    let place = zip.windows(6).position(|window| window == b"stored").unwrap();
    zip[place] = b'S';
    says(
        listed(&zip),
        "cannot be read: the bytes of a file do not have the checksum that is stored with them",
    );
    let mut packed = zip_of(&[("a", b"x"), ("b.txt", &b"deflated ".repeat(99))]);
    let place = packed.windows(5).position(|window| window == b"b.txt").unwrap() + 8;
    packed[place..place + 4].fill(0xFF);
    says(listed(&packed), "the zip archive `");
}

#[test]
fn members_that_cannot_be_read_are_named() {
    let fault = |method: u16, flags: u16| {
        let (mut archive, mut list) = (Vec::new(), Vec::new());
        put_member(&mut archive, &mut list, "a.txt", method, flags, b"secret", b"secret");
        listed(&end_zip(archive, &list, 1)).unwrap_err()
    };
    let error = fault(0, 1);
    assert!(error.to_string().ends_with("needs a password for `a.txt`"), "{error}");
    let error = fault(98, 0);
    let text = "holds `a.txt` compressed by method 98, which is not read";
    assert!(error.to_string().ends_with(text), "{error}");
    // A sparse file of GNU tar: its first block, from 0 on, has three bytes, and so has all of it.
    let mut sparse = tar_of(&[("a.txt", b"abc")]);
    sparse[156] = b'S';
    sparse[398..410].copy_from_slice(b"00000000003\0");
    sparse[386..398].copy_from_slice(b"00000000000\0");
    sparse[483..495].copy_from_slice(b"00000000003\0");
    let sum: u32 = sparse[..148].iter().chain(&sparse[156..512]).map(|&it| u32::from(it)).sum();
    sparse[148..156].copy_from_slice(format!("{:06o}\0 ", sum + 8 * 32).as_bytes());
    let error = walked(&sparse).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the tar archive `a.tar` holds `a.txt` as a sparse file, which is not read"
    );
}

#[test]
fn one_file_is_taken_and_of_several_the_one_that_is_named() {
    let taken = |archive: &[u8], wanted: Option<&str>| {
        with_file(archive, |path| {
            let (name, reader) = only(path, wanted)?;
            Ok::<_, Error>((name, read(reader)?))
        })
    };
    let one: &Files<'_> = &[(".hidden", b"x"), ("v.txt", b"a 1 2")];
    let several: &Files<'_> =
        &[("1.txt", b"1"), ("2.txt", b"2"), ("sub/3.txt", b"3"), ("4.txt", b"4")];
    for archive in [zip_of, tar_of, |it: &Files<'_>| gzip(&tar_of(it))] {
        assert_eq!(taken(&archive(one), None).unwrap(), ("v.txt".to_owned(), b"a 1 2".to_vec()));
        let (name, bytes) = taken(&archive(several), Some("sub/3.txt")).unwrap();
        assert_eq!((name.as_str(), &bytes[..]), ("sub/3.txt", &b"3"[..]));
        let message = taken(&archive(several), None).unwrap_err().to_string();
        assert!(
            message.ends_with(
                "holds 4 files, such as `1.txt`, `2.txt`, `sub/3.txt`, and one is needed here"
            ),
            "{message}"
        );
        let message = taken(&archive(one), Some("w.txt")).unwrap_err().to_string();
        assert!(message.ends_with("holds no file `w.txt`; it holds `v.txt`"), "{message}");
        let error = taken(&archive(&[(".hidden", b"x")]), None).unwrap_err();
        assert!(error.to_string().ends_with("archive` holds no file"), "{error}");
        assert!(matches!(error, Error::Archive { fault: ArchiveFault::NoFile, .. }));
    }
}

proptest! {
    #[test]
    fn any_files_come_back(
        files in prop::collection::vec(("[a-z]{1,9}(/[a-z]{1,120}){0,2}", any::<Vec<u8>>()), 0..6),
    ) {
        let files: std::collections::BTreeMap<String, Vec<u8>> = files.into_iter().collect();
        let members: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let expected: Vec<(String, Vec<u8>)> = files.clone().into_iter().collect();
        let tar = tar_of(&members);
        prop_assert_eq!(&walked(&tar).unwrap(), &expected);
        prop_assert_eq!(&listed(&zip_of(&members)).unwrap(), &expected);
        if !members.is_empty() {
            prop_assert_eq!(&listed(&tar).unwrap(), &expected);
        }
    }

    #[test]
    fn a_damaged_archive_is_read_or_one_error(
        (is_zip, place, value) in (any::<bool>(), any::<prop::sample::Index>(), any::<u8>()),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = if is_zip { zip_of(MEMBERS) } else { tar_of(MEMBERS) };
        let place = place.index(bytes.len());
        bytes[place] = value;
        let cut = bytes.len() - cut.index(9);
        let _ = walked(&bytes[..cut]);
        with_file(&bytes[..cut], |path| {
            if let Ok(Some(members)) = list(path) {
                members.iter().for_each(|it| _ = it.open(path).map(read));
            }
        });
    }
}
