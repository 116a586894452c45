//! A graph while it is written: every operation adds a node and names its result.

use super::proto::{Attribute, BOOL, DOUBLE, Graph, INT64, Node, STRING, Tensor, ValueInfo};

/// The result of a node, an input, or numbers that the model holds.
pub(super) type Value = String;

/// The name of the one matrix.
const MATRIX: &str = "x";

pub(super) struct Draft {
    graph: Graph,
    /// The columns that the one matrix holds, where there is one.
    in_matrix: Option<Vec<String>>,
    /// Whether that matrix holds texts, those of numbers too.
    has_texts: bool,
    /// What the names of our own begin with: no column's name begins so.
    own: String,
    /// Results named so far, those of the bodies of loops among them.
    n_results: usize,
}

impl Draft {
    /// A graph of one input a column, which [`Draft::input`] adds.
    pub(super) fn of_columns(columns: &[String]) -> Self {
        let mut own = String::from("_");
        while columns.iter().any(|column| column.starts_with(&own)) {
            own.push('_');
        }
        Self {
            graph: Graph::default(),
            in_matrix: None,
            has_texts: false,
            own,
            n_results: 0,
        }
    }

    /// A graph of one input `x`, which holds all columns in this order: doubles, or texts.
    pub(super) fn of_matrix(columns: &[String], has_texts: bool) -> Self {
        let mut draft = Self::of_columns(&[]);
        let element = if has_texts { STRING } else { DOUBLE };
        let x = ValueInfo::of_matrix(MATRIX, element, columns.len());
        draft.graph.input.push(x);
        draft.in_matrix = Some(columns.to_vec());
        draft.has_texts = has_texts;
        draft
    }

    /// Whether texts come from a matrix, in which Python has written whatever is no text.
    pub(super) fn is_written_by_python(&self) -> bool {
        self.has_texts
    }

    /// What a column holds, one entry a row; its place in the matrix, where there is one.
    pub(super) fn input(&mut self, name: &str, element: i32) -> Value {
        let place = |columns: &Vec<String>| columns.iter().position(|column| column == name);
        if let Some(place) = self.in_matrix.as_ref().and_then(place) {
            let cells = self.take(&MATRIX.to_owned(), 1, place);
            let is_written = self.has_texts && element != STRING;
            return if is_written {
                self.cast(&cells, element)
            } else {
                cells
            };
        }
        self.graph.input.push(ValueInfo::of_rows(name, element));
        name.to_owned()
    }

    /// Gives a result, one entry a row, its name outside. Where an input is called so, an
    /// underscore is added.
    pub(super) fn output(&mut self, name: &str, element: i32, value: Value) {
        let mut name = name.to_owned();
        while self.graph.input.iter().any(|input| input.name == name) {
            name.push('_');
        }
        self.add("Identity", "", vec![value], vec![name.clone()], vec![]);
        self.graph.output.push(ValueInfo::of_rows(&name, element));
    }

    /// Numbers that the model holds.
    pub(super) fn constant(&mut self, tensor: Tensor) -> Value {
        let name = format!("{}c{}", self.own, self.graph.initializer.len());
        self.graph.initializer.push(Tensor {
            name: name.clone(),
            ..tensor
        });
        name
    }

    /// A number of no axis.
    pub(super) fn double(&mut self, value: f64) -> Value {
        self.constant(Tensor::doubles(&[], [value]))
    }

    /// The result of an operation.
    pub(super) fn op(&mut self, operator: &str, inputs: &[&Value]) -> Value {
        self.op_with(operator, inputs, vec![])
    }

    pub(super) fn op_with(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: Vec<Attribute>,
    ) -> Value {
        self.result(operator, "", inputs, attributes)
    }

    /// The result of an operation of the machine-learning domain.
    pub(super) fn ml(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: Vec<Attribute>,
    ) -> Value {
        self.result(operator, "ai.onnx.ml", inputs, attributes)
    }

    /// Both results of an operation.
    pub(super) fn two(
        &mut self,
        operator: &str,
        inputs: &[&Value],
        attributes: Vec<Attribute>,
    ) -> [Value; 2] {
        let names = [self.name(), self.name()];
        let inputs = inputs.iter().map(|input| (*input).clone()).collect();
        self.add(operator, "", inputs, names.to_vec(), attributes);
        names
    }

    /// A name that no other result has.
    fn name(&mut self) -> Value {
        self.n_results += 1;
        format!("{}v{}", self.own, self.n_results)
    }

    /// Repeats `body` on a matrix of doubles `(N, width)`, at most `most` times. The body says
    /// whether to go on, and the next matrix.
    pub(super) fn repeat(
        &mut self,
        most: usize,
        (start, width): (&Value, usize),
        body: impl FnOnce(&mut Self, &Value) -> (Value, Value),
    ) -> Value {
        let [round, goes_on, state] = [self.name(), self.name(), self.name()];
        let outside = std::mem::take(&mut self.graph.node);
        let (next_goes_on, next) = body(self, &state);
        let node = std::mem::replace(&mut self.graph.node, outside);
        let body = Graph {
            node,
            name: "body".into(),
            input: vec![
                ValueInfo::of_one(&round, INT64),
                ValueInfo::of_one(&goes_on, BOOL),
                ValueInfo::of_matrix(&state, DOUBLE, width),
            ],
            output: vec![
                ValueInfo::of_one(&next_goes_on, BOOL),
                ValueInfo::of_matrix(&next, DOUBLE, width),
            ],
            ..Graph::default()
        };
        let most = self.constant(Tensor::ints(&[], [most as i64]));
        let always = String::new();
        self.op_with(
            "Loop",
            &[&most, &always, start],
            vec![Attribute::graph("body", body)],
        )
    }

    fn result(
        &mut self,
        operator: &str,
        domain: &str,
        inputs: &[&Value],
        attributes: Vec<Attribute>,
    ) -> Value {
        let name = self.name();
        let inputs = inputs.iter().map(|input| (*input).clone()).collect();
        self.add(operator, domain, inputs, vec![name.clone()], attributes);
        name
    }

    fn add(
        &mut self,
        operator: &str,
        domain: &str,
        input: Vec<Value>,
        output: Vec<Value>,
        attribute: Vec<Attribute>,
    ) {
        self.graph.node.push(Node {
            name: format!("n_{}", output.join("_")),
            input,
            output,
            op_type: operator.into(),
            attribute,
            domain: domain.into(),
        });
    }

    /// As another type of element.
    pub(super) fn cast(&mut self, value: &Value, element: i32) -> Value {
        let to = vec![Attribute::int("to", i64::from(element))];
        self.op_with("Cast", &[value], to)
    }

    /// With one more axis of length 1.
    pub(super) fn unsqueeze(&mut self, value: &Value, axis: i64) -> Value {
        let axes = self.constant(Tensor::ints(&[1], [axis]));
        self.op("Unsqueeze", &[value, &axes])
    }

    /// The sum along an axis, which goes.
    pub(super) fn sum_along(&mut self, value: &Value, axis: i64) -> Value {
        let axes = self.constant(Tensor::ints(&[1], [axis]));
        self.op_with(
            "ReduceSum",
            &[value, &axes],
            vec![Attribute::int("keepdims", 0)],
        )
    }

    /// One entry along an axis, which goes.
    pub(super) fn take(&mut self, value: &Value, axis: i64, index: usize) -> Value {
        let index = self.constant(Tensor::ints(&[], [index as i64]));
        self.op_with(
            "Gather",
            &[value, &index],
            vec![Attribute::int("axis", axis)],
        )
    }

    /// The graph that was written.
    pub(super) fn finish(mut self, name: &str) -> Graph {
        self.graph.name = name.into();
        self.graph
    }
}
