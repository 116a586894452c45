//! What is refused, and how.

use serde_json::json;

use super::*;

#[test]
fn what_is_wrong_is_told_in_a_sentence() {
    let rest = classes().served();
    let tensor = |name: &str, datatype: &str, shape: Value, data: Value| json!({ "inputs": [{ "name": name, "datatype": datatype, "shape": shape, "data": data }] });
    let cases = [
        ("/predict", json!([]), 400, "object"),
        ("/predict", json!({ "model": "x", "data": [{}] }), 404, "x"),
        (
            "/predict",
            json!({ "model": 1, "data": [{}] }),
            400,
            "model",
        ),
        ("/predict", json!({ "model": "m" }), 400, "data"),
        (
            "/predict",
            json!({ "model": "m", "data": [] }),
            400,
            "no rows",
        ),
        (
            "/predict",
            json!({ "model": "m", "data": [1] }),
            400,
            "Row 1",
        ),
        (
            "/predict",
            json!({ "model": "m", "data": [{ "a": [1] }] }),
            400,
            "list",
        ),
        (
            "/predict",
            json!({ "model": "m", "data": [{ "a": 1 }] }),
            400,
            "column",
        ),
        (
            "/predict",
            json!({ "model": "m", "data": [{}], "more": 1 }),
            400,
            "more",
        ),
        ("/v2/models/x/infer", json!({ "inputs": [] }), 404, "x"),
        (
            "/v2/models/m/versions/2/infer",
            json!({ "inputs": [] }),
            404,
            "version",
        ),
        ("/v2/models/m/generate", json!({}), 404, "nothing"),
        ("/v2/nothing", json!({}), 404, "nothing"),
        (INFER, json!({}), 400, "inputs"),
        (INFER, json!({ "inputs": [] }), 400, "no rows"),
        (INFER, json!({ "inputs": [], "id": 1 }), 400, "id"),
        (
            INFER,
            json!({ "inputs": [{ "name": "a" }] }),
            400,
            "datatype",
        ),
        (
            INFER,
            tensor("a", "FP8", json!([1]), json!([1])),
            400,
            "FP8",
        ),
        (
            INFER,
            tensor("a", "INT8", json!([1]), json!([128])),
            400,
            "INT8",
        ),
        (
            INFER,
            tensor("a", "UINT8", json!([1]), json!([-1])),
            400,
            "UINT8",
        ),
        (
            INFER,
            tensor("a", "FP64", json!([1]), json!(["1"])),
            400,
            "FP64",
        ),
        (
            INFER,
            tensor("a", "BOOL", json!([1]), json!([1])),
            400,
            "BOOL",
        ),
        (
            INFER,
            tensor("a", "FP64", json!([2]), json!([1])),
            400,
            "shape",
        ),
        (
            INFER,
            tensor("a", "FP64", json!([1, 2]), json!([1, 2])),
            400,
            "shape",
        ),
        (
            INFER,
            tensor("a", "FP64", json!([-1]), json!([1])),
            400,
            "shape",
        ),
        (
            INFER,
            tensor("a", "FP64", json!([u64::MAX]), json!([1])),
            400,
            "values",
        ),
        (
            INFER,
            tensor("a", "INT8", json!([2]), json!([-128, 127])),
            400,
            "column",
        ),
    ];
    for (path, body, expected, part) in cases {
        let (status, answer) = post(&rest, path, &body);
        let sentence = answer["error"]
            .as_str()
            .unwrap_or_else(|| panic!("{answer}"));
        assert_eq!(status, expected, "{path} {body}: {sentence}");
        assert!(sentence.contains(part), "{path} {body}: {sentence}");
    }
    for body in [
        json!({}),
        json!({ "params": {} }),
        json!({ "inputs": [[1]], "instances": [[1]] }),
        json!({ "inputs": [[1]], "signature_name": "x" }),
        json!({ "messages": [] }),
        json!({ "inputs": [], "params": 1 }),
        json!({ "inputs": [] }),
        json!({ "inputs": 1 }),
        json!({ "inputs": [[1]] }),
        json!({ "inputs": { "a": [1], "b": [1, 2] } }),
        json!({ "instances": {} }),
        json!({ "dataframe_split": { "columns": ["a", "a"], "data": [[1, 2]] } }),
        json!({ "dataframe_split": { "columns": [1], "data": [[1]] } }),
        json!({ "dataframe_split": {} }),
        json!({ "dataframe_records": [1] }),
    ] {
        let (status, answer) = post(&rest, "/invocations", &body);
        assert_eq!(
            (status, &answer["error_code"]),
            (400, &json!("BAD_REQUEST")),
            "{body}"
        );
        assert!(answer["message"].is_string(), "{body}");
    }
}

#[test]
fn methods_types_and_sizes_are_limited() {
    let rest = classes().served();
    for (method, path, allow) in [
        ("GET", "/predict", "POST"),
        ("GET", INFER, "POST"),
        ("PUT", "/invocations", "POST"),
        ("POST", "/v2", "GET, HEAD"),
        ("DELETE", "/v2/models/m", "GET, HEAD"),
        ("OPTIONS", "/metrics", "GET, HEAD"),
    ] {
        let answer = send(&rest, method, path, "application/json", b"{}");
        assert_eq!(
            (answer.status, answer.allow),
            (405, Some(allow)),
            "{method} {path}"
        );
    }
    for content_type in [
        "",
        "text/plain",
        "text/csv",
        "application/json; charset=latin1",
        "application/jsonp",
    ] {
        for path in ["/predict", INFER] {
            assert_eq!(
                send(&rest, "POST", path, content_type, b"{}").status,
                415,
                "{content_type}"
            );
        }
    }
    assert_eq!(
        send(
            &rest,
            "POST",
            "/invocations",
            "text/csv;charset=utf-16",
            b"a\n1\n"
        )
        .status,
        415
    );
    let utf8 = "Application/JSON; charset=\"UTF-8\"";
    assert_eq!(send(&rest, "POST", "/predict", utf8, b"{}").status, 400);
    let body = vec![b' '; MAX_BODY + 1];
    assert_eq!(
        send(&rest, "POST", "/predict", "application/json", &body).status,
        413
    );
    let deep = b"[".repeat(100_000);
    assert_eq!(
        send(&rest, "POST", "/predict", "application/json", &deep).status,
        400
    );
    let many = json!({ "data": vec![json!({}); MAX_ROWS + 1] });
    assert_eq!(post(&rest, "/predict", &many).0, 413);
    let many = json!({ "inputs": vec![json!([]); MAX_ROWS + 1] });
    assert_eq!(post(&rest, "/invocations", &many).0, 413);
    let csv = format!("a\n{}", "1\n".repeat(MAX_ROWS + 1));
    assert_eq!(
        send(&rest, "POST", "/invocations", "text/csv", csv.as_bytes()).status,
        413
    );
    for body in [&b""[..], b"{", b"\xff", b"{\"data\": NaN}", b"null"] {
        assert_eq!(
            send(&rest, "POST", "/predict", "application/json", body).status,
            400
        );
    }
}

#[test]
fn names_are_those_that_a_path_holds() {
    let mut rest = classes().served();
    for name in [
        "",
        ".",
        "..",
        "a/b",
        "a b",
        "a%2e",
        "\u{e9}",
        "m",
        &"a".repeat(101),
    ] {
        let artifact = Artifact::from_bytes(&numbers().artifact).unwrap();
        assert!(rest.add(name, artifact).is_err(), "{name}");
    }
    let artifact = Artifact::from_bytes(&numbers().artifact).unwrap();
    rest.add("a-1.2_b", artifact).unwrap();
    assert_eq!(get(&rest, "/v2/models/a-1.2_b").0, 200);
    // With two models the plain form must say which.
    assert_eq!(post(&rest, "/predict", &json!({ "data": [{}] })).0, 400);
    for path in ["/", "/index.html", "/predict/", "/v2x", "/assets/a.js"] {
        assert!(!Rest::knows(path), "{path}");
    }
}
