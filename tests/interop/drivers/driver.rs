// Asks a printed module: rows as lines of cells between tabs in, answers likewise out.
#[path = "model.rs"]
#[allow(dead_code)]
mod model;

use std::io::BufRead;

fn main() {
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("lines of text");
        let cells: Vec<Option<&str>> = line.split('\t').map(Some).collect();
        let cells = cells.try_into().expect("a cell for every column");
        match model::predict(&cells).expect("cells of use") {
            None => println!("none"),
            Some(answer) => println!("{}", SHOW),
        }
    }
}
