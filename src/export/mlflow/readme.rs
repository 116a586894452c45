//! What stands beside the files: which commands take them.

use serde_json::Value;

use super::registered_name;
use crate::export::Artifact;
use crate::prepare::Steps;

/// Beside the model folder; `example` is its example of a table.
pub(super) fn of_folder(artifact: &Artifact, example: &Value) -> String {
    let title = title(artifact);
    let name = registered_name(artifact);
    let has_texts = artifact
        .pipeline
        .columns()
        .iter()
        .any(|column| !matches!(column.steps, Steps::Number { .. }));
    let of_texts = if has_texts {
        "Words are texts, yes and no too: `\"true\"`.\n"
    } else {
        ""
    };
    format!(
        r#"# {title}

A model of Handlens in MLflow's format. In this folder:

    pip install -r requirements.txt
    mlflow models serve -m . --env-manager local -p 5000

and then, in another terminal:

    curl http://127.0.0.1:5000/invocations -H 'Content-Type: application/json' -d @serving_input_example.json

A row is asked for by the names of its columns, in any order:

    {{"dataframe_split": {example}}}

`dataframe_records`, `instances` and `inputs` hold rows as objects; CSV has a header. Numbers may be
whole, `null` is a gap. {of_texts}In Python:

    model = mlflow.pyfunc.load_model(".")
    model.predict(table)

where the columns of numbers in `table` are floats: MLflow refuses other numbers there.

## MLServer

The same folder, over the Open Inference Protocol:

    pip install mlserver==1.7.1 mlserver-mlflow==1.7.1
    PANDAS_FUTURE_INFER_STRING=0 mlserver start .

answers at http://127.0.0.1:8080/v2/models/{name}/infer. (It does not know the texts of pandas 3: the
variable lets pandas keep the older ones.)
"#
    )
}

/// Beside `mlruns`.
pub(super) fn of_store(artifact: &Artifact) -> String {
    let title = title(artifact);
    let name = registered_name(artifact);
    format!(
        r#"# {title}

The training as a run of MLflow, and its model as version 1 of “{name}”, alias `champion`. MLflow finds
the files of the model where it is started in this folder. Into a database of MLflow's own, once:

    mlflow migrate-filestore --source . --target sqlite:///mlflow.db
    mlflow server --backend-store-uri sqlite:///mlflow.db

or as the files stand, which MLflow 3 does where it is told to:

    MLFLOW_ALLOW_FILE_STORE=true mlflow server --backend-store-uri ./mlruns

In Python, with the same store:

    mlflow.pyfunc.load_model("models:/{name}@champion")

Handlens writes the same bytes for the same training, so the times of the run are not those of the
clock but the first of January 1980.
"#
    )
}

/// The name of the model in one line.
fn title(artifact: &Artifact) -> String {
    let line = |c: char| if c.is_control() { ' ' } else { c };
    artifact.name.chars().map(line).collect()
}
