//! The messages of ONNX that we write, by their field numbers in `onnx.proto`.

use prost::Message;

/// Element types of tensors.
pub(super) const FLOAT: i32 = 1;
pub(super) const UINT8: i32 = 2;
pub(super) const INT64: i32 = 7;
pub(super) const STRING: i32 = 8;
pub(super) const BOOL: i32 = 9;
pub(super) const DOUBLE: i32 = 11;

#[derive(Clone, PartialEq, Message)]
pub(super) struct Model {
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    #[prost(string, tag = "2")]
    pub producer_name: String,
    #[prost(string, tag = "3")]
    pub producer_version: String,
    #[prost(string, tag = "6")]
    pub doc_string: String,
    #[prost(message, optional, tag = "7")]
    pub graph: Option<Graph>,
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSet>,
    #[prost(message, repeated, tag = "14")]
    pub metadata_props: Vec<Property>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct OperatorSet {
    #[prost(string, tag = "1")]
    pub domain: String,
    #[prost(int64, tag = "2")]
    pub version: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Property {
    #[prost(string, tag = "1")]
    pub key: String,
    #[prost(string, tag = "2")]
    pub value: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Graph {
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<Node>,
    #[prost(string, tag = "2")]
    pub name: String,
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfo>,
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Node {
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    #[prost(string, tag = "3")]
    pub name: String,
    #[prost(string, tag = "4")]
    pub op_type: String,
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<Attribute>,
    #[prost(string, tag = "7")]
    pub domain: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Attribute {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(float, tag = "2")]
    pub f: f32,
    #[prost(int64, tag = "3")]
    pub i: i64,
    #[prost(message, optional, tag = "5")]
    pub t: Option<Tensor>,
    #[prost(message, optional, tag = "6")]
    pub g: Option<Graph>,
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
    #[prost(bytes = "vec", repeated, tag = "9")]
    pub strings: Vec<Vec<u8>>,
    #[prost(int32, tag = "20")]
    pub kind: i32,
}

impl Attribute {
    pub(super) fn float(name: &str, f: f32) -> Self {
        let name = name.into();
        Self {
            name,
            f,
            kind: 1,
            ..Self::default()
        }
    }

    pub(super) fn int(name: &str, i: i64) -> Self {
        let name = name.into();
        Self {
            name,
            i,
            kind: 2,
            ..Self::default()
        }
    }

    pub(super) fn tensor(name: &str, t: Tensor) -> Self {
        let name = name.into();
        Self {
            name,
            t: Some(t),
            kind: 4,
            ..Self::default()
        }
    }

    pub(super) fn graph(name: &str, g: Graph) -> Self {
        let name = name.into();
        Self {
            name,
            g: Some(g),
            kind: 5,
            ..Self::default()
        }
    }

    pub(super) fn ints(name: &str, ints: impl IntoIterator<Item = i64>) -> Self {
        Self {
            name: name.into(),
            ints: ints.into_iter().collect(),
            kind: 7,
            ..Self::default()
        }
    }

    pub(super) fn strings<'a>(name: &str, strings: impl IntoIterator<Item = &'a str>) -> Self {
        let strings = strings.into_iter().map(|text| text.as_bytes().to_vec());
        Self {
            name: name.into(),
            strings: strings.collect(),
            kind: 8,
            ..Self::default()
        }
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Tensor {
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    #[prost(bytes = "vec", repeated, tag = "6")]
    pub string_data: Vec<Vec<u8>>,
    #[prost(string, tag = "8")]
    pub name: String,
    #[prost(bytes = "vec", optional, tag = "9")]
    pub raw_data: Option<Vec<u8>>,
}

impl Tensor {
    fn raw(dims: &[usize], data_type: i32, bytes: Vec<u8>) -> Self {
        Self {
            dims: dims.iter().map(|dim| *dim as i64).collect(),
            data_type,
            raw_data: Some(bytes),
            ..Self::default()
        }
    }

    pub(super) fn doubles(dims: &[usize], values: impl IntoIterator<Item = f64>) -> Self {
        let bytes = values.into_iter().flat_map(f64::to_le_bytes).collect();
        Self::raw(dims, DOUBLE, bytes)
    }

    pub(super) fn floats(dims: &[usize], values: impl IntoIterator<Item = f32>) -> Self {
        let bytes = values.into_iter().flat_map(f32::to_le_bytes).collect();
        Self::raw(dims, FLOAT, bytes)
    }

    pub(super) fn ints(dims: &[usize], values: impl IntoIterator<Item = i64>) -> Self {
        let bytes = values.into_iter().flat_map(i64::to_le_bytes).collect();
        Self::raw(dims, INT64, bytes)
    }

    pub(super) fn bytes(values: Vec<u8>) -> Self {
        Self::raw(&[values.len()], UINT8, values)
    }

    pub(super) fn texts(texts: &[String]) -> Self {
        Self {
            dims: vec![texts.len() as i64],
            data_type: STRING,
            string_data: texts.iter().map(|text| text.as_bytes().to_vec()).collect(),
            ..Self::default()
        }
    }
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ValueInfo {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "2")]
    pub kind: Option<Type>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Type {
    #[prost(message, optional, tag = "1")]
    pub tensor: Option<TensorType>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TensorType {
    #[prost(int32, tag = "1")]
    pub element: i32,
    #[prost(message, optional, tag = "2")]
    pub shape: Option<Shape>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Shape {
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<Dimension>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Dimension {
    #[prost(oneof = "Length", tags = "1, 2")]
    pub length: Option<Length>,
}

/// The length of an axis: known, or named.
#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Length {
    #[prost(int64, tag = "1")]
    Known(i64),
    #[prost(string, tag = "2")]
    Named(String),
}

impl ValueInfo {
    /// A value for each row.
    pub(super) fn of_rows(name: &str, element: i32) -> Self {
        Self::shaped(name, element, vec![Length::Named("N".into())])
    }

    /// `width` values for each row.
    pub(super) fn of_matrix(name: &str, element: i32, width: usize) -> Self {
        let lengths = vec![Length::Named("N".into()), Length::Known(width as i64)];
        Self::shaped(name, element, lengths)
    }

    /// A single value.
    pub(super) fn of_one(name: &str, element: i32) -> Self {
        Self::shaped(name, element, vec![])
    }

    fn shaped(name: &str, element: i32, lengths: Vec<Length>) -> Self {
        let dim = lengths.into_iter().map(|length| Dimension {
            length: Some(length),
        });
        let tensor = TensorType {
            element,
            shape: Some(Shape { dim: dim.collect() }),
        };
        Self {
            name: name.into(),
            kind: Some(Type {
                tensor: Some(tensor),
            }),
        }
    }
}
