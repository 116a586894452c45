//! The sample tables that ship with Handlens. The page fetches their files; natively they are
//! part of the program. samples/README.md tells how they were made.

/// A table to learn with: what it is, where it comes from and what may be done with it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Sample {
    /// Name on the wire and in links.
    pub id: &'static str,
    /// Shown name.
    pub label: &'static str,
    /// File name in the folder `samples`.
    pub file: &'static str,
    /// What a row is and what can be asked.
    pub description: &'static str,
    /// Number of rows.
    pub n_rows: usize,
    /// Number of columns, the target included.
    pub n_columns: usize,
    /// The column that is usually predicted.
    pub target: &'static str,
    /// The task it suits: `classify` or `regress`.
    pub task: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// Under which licence.
    pub licence: &'static str,
    /// How to cite it.
    pub citation: &'static str,
}

const CC_BY: &str = "CC BY 4.0";
const UCI: &str = "UCI Machine Learning Repository";

const SAMPLES: &[Sample] = &[
    Sample {
        id: "penguins",
        label: "Penguins",
        file: "penguins.csv",
        description: "344 penguins of three species, measured in Antarctica, with gaps. Which species is it?",
        n_rows: 344,
        n_columns: 8,
        target: "species",
        task: "classify",
        source: "palmerpenguins",
        licence: "CC0 1.0",
        citation: "K. B. Gorman, T. D. Williams and W. R. Fraser, PLoS ONE 9(3), e90081, 2014; \
                   A. M. Horst, A. P. Hill and K. B. Gorman, palmerpenguins, 2020, \
                   doi:10.5281/zenodo.3960218",
    },
    Sample {
        id: "iris",
        label: "Iris",
        file: "iris.csv",
        description: "150 iris flowers of three species, four lengths each. Which species is it?",
        n_rows: 150,
        n_columns: 5,
        target: "species",
        task: "classify",
        source: UCI,
        licence: CC_BY,
        citation: "R. A. Fisher, Annals of Eugenics 7(2), 179\u{2013}188, 1936, doi:10.24432/C56C76",
    },
    Sample {
        id: "wine",
        label: "Wine",
        file: "wine.csv",
        description: "178 wines of three cultivars from one region, analyzed chemically. Which cultivar is it?",
        n_rows: 178,
        n_columns: 14,
        target: "cultivar",
        task: "classify",
        source: UCI,
        licence: CC_BY,
        citation: "S. Aeberhard and M. Forina, Wine, 1992, doi:10.24432/C5PC7J",
    },
    Sample {
        id: "breast_cancer",
        label: "Breast cancer",
        file: "breast_cancer.csv",
        description: "569 imaged cell samples in thirty measures. Is the tumor malignant or benign?",
        n_rows: 569,
        n_columns: 31,
        target: "diagnosis",
        task: "classify",
        source: UCI,
        licence: CC_BY,
        citation: "W. Wolberg, O. Mangasarian, N. Street and W. Street, Breast Cancer Wisconsin \
                   (Diagnostic), 1993, doi:10.24432/C5DW2B",
    },
    Sample {
        id: "diabetes",
        label: "Diabetes",
        file: "diabetes.csv",
        description: "442 patients with ten measures each. How far will the disease progress in a year?",
        n_rows: 442,
        n_columns: 11,
        target: "disease_progression",
        task: "regress",
        source: "Efron, Hastie, Johnstone and Tibshirani; shipped in scikit-learn",
        licence: "none stated by the authors; shipped in scikit-learn (BSD-3-Clause)",
        citation: "B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, Least angle regression, \
                   Annals of Statistics 32(2), 407\u{2013}499, 2004",
    },
    Sample {
        id: "digits",
        label: "Digits",
        file: "digits.csv",
        description: "1797 handwritten digits as pictures of 8 \u{d7} 8 points. Which digit is it?",
        n_rows: 1797,
        n_columns: 65,
        target: "digit",
        task: "classify",
        source: UCI,
        licence: CC_BY,
        citation: "E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, 1998, \
                   doi:10.24432/C50P49",
    },
];

/// The sample tables, the first one first.
pub fn samples() -> &'static [Sample] {
    SAMPLES
}

/// The file of a sample, `None` for an unknown name.
///
/// ```
/// use handlens::data::{ReadOptions, read, sample_bytes, samples};
/// for sample in samples() {
///     let bytes = sample_bytes(sample.id).unwrap_or_default();
///     let table = read(bytes, &ReadOptions::default())?.table;
///     assert_eq!((table.n_rows(), table.columns().len()), (sample.n_rows, sample.n_columns));
///     table.column(sample.target)?;
/// }
/// # Ok::<(), handlens::error::Error>(())
/// ```
#[cfg(not(target_arch = "wasm32"))]
pub fn sample_bytes(id: &str) -> Option<&'static [u8]> {
    Some(match id {
        "penguins" => include_bytes!("../../samples/penguins.csv"),
        "iris" => include_bytes!("../../samples/iris.csv"),
        "wine" => include_bytes!("../../samples/wine.csv"),
        "breast_cancer" => include_bytes!("../../samples/breast_cancer.csv"),
        "diabetes" => include_bytes!("../../samples/diabetes.csv"),
        "digits" => include_bytes!("../../samples/digits.csv"),
        _ => return None,
    })
}
