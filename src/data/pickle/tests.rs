use super::*;

fn names(list: &[PickleName]) -> Vec<&str> {
    list.iter().map(|name| name.name.as_str()).collect()
}

#[test]
fn what_would_run_is_told() {
    for (bytes, protocol) in [
        (&b"cos\nsystem\n(S'echo hi'\ntR."[..], 0),
        (b"(S'echo hi'\nios\nsystem\n.", 0),
        (b"(cos\nsystem\nX\x07\0\0\0echo hio.", 1),
        (b"\x80\x02cos\nsystem\nU\x07echo hi\x85R.", 2),
        (
            b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x07echo hi\x85R.",
            4,
        ),
        // Names by way of the memo.
        (
            b"\x80\x04\x8c\x06system\x94\x8c\x02os\x94h\0\x93\x8c\x07echo hi\x85\x81.",
            4,
        ),
    ] {
        let report = inspect_pickle(bytes);
        assert_eq!(report.problems, Vec::<String>::new());
        assert_eq!(names(&report.imports), ["os.system"]);
        assert_eq!(names(&report.calls), ["os.system"]);
        assert_eq!((report.protocol, report.n_rest), (protocol, 0));
    }
}

#[test]
fn names_that_are_computed_are_told_as_unknown() {
    let report = inspect_pickle(b"\x80\x04]]\x93)R.");
    assert_eq!(
        (names(&report.imports), names(&report.calls)),
        (vec!["?"], vec!["?"])
    );
}

#[test]
fn a_state_is_told_with_what_it_is_given_to() {
    let report = inspect_pickle(b"\x80\x02cm\nC\n)\x81}b.rest");
    assert_eq!((names(&report.states), report.n_rest), (vec!["m.C"], 4));
}

/// Every prefix and every changed byte ends in a report, and lengths beyond the file are told.
#[test]
fn hostile_files_end_in_a_report() {
    let whole = b"\x80\x04\x95\x20\0\0\0\0\0\0\0\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x07echo hi\x85R.";
    for end in 0..whole.len() {
        assert_eq!(inspect_pickle(&whole[..end]).problems.len(), 1, "{end}");
        for byte in 0..=255 {
            let mut changed = whole.to_vec();
            changed[end] = byte;
            inspect_pickle(&changed);
        }
    }
    for bytes in [
        &b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff."[..],
        b"T\xff\xff\xff\xff.",
        b"\x8b\xff\xff\xff\x7f.",
        b"cos\nsystem",
        b"I1",
        b"G\0\0",
        b"",
        b"hello",
    ] {
        assert!(!inspect_pickle(bytes).problems.is_empty(), "{bytes:?}");
    }
    assert!(inspect_pickle(b"tR0.").problems[0].contains("never put there"));
    assert!(inspect_pickle(b"\x78\x9cab").problems[0].contains("zlib"));
}

/// What is kept does not grow with the file.
#[test]
fn floods_are_counted_and_not_kept() {
    let n = 3_000_000;
    let marks = inspect_pickle(&vec![b'('; n]);
    assert_eq!(
        (marks.n_operations, marks.operations.len()),
        (n, MOST_OPERATIONS)
    );
    let mut kept = vec![b'N'];
    kept.extend(vec![0x94; n]);
    kept.push(b'.');
    assert_eq!(inspect_pickle(&kept).n_operations, n + 2);
    let many: String = (0..5000).map(|i| format!("cm\nn{i}\n")).collect();
    let report = inspect_pickle(many.as_bytes());
    assert_eq!(
        (report.imports.len(), report.n_operations),
        (MOST_NAMES, 5000)
    );
}
