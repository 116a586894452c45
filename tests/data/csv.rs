//! Delimited files as people have them: one line a case.

use crate::{ColumnType, ReadOptions, check, read};

#[test]
fn delimiters_are_guessed() {
    check("a,b\n1,x\n2,y\n", "a:num 1|2; b:cat x|y");
    check("a;b\n1;x\n2;y\n", "a:num 1|2; b:cat x|y");
    check("a\tb\n1\tx\n2\ty\n", "a:num 1|2; b:cat x|y");
    check("a|b\n1|x\n2|y\n", "a:num 1|2; b:cat x|y");
    check("a b\n1 3\n2 4\n", "a:num 1|2; b:num 3|4");
    check("  a   b\n 1   3\n 20  4 \n", "a:num 1|20; b:num 3|4");
    check("a;b\n1,5;2,5\n3,5;4,5\n", "a:num 1.5|3.5; b:num 2.5|4.5");
    check("a\tb\n1,5\tx, y\n3,5\tz\n", "a:num 1.5|3.5; b:cat x, y|z");
    check("sep=;\na;b\n1;2\n", "a:num 1; b:num 2");
    check("sep=|\r\na|b,c\r\n1|2\r\n", "a:num 1; b,c:num 2");
    check(
        "name,text\nx,\"a;b;c\"\ny,\"d;e;f\"\n",
        "name:cat x|y; text:cat a;b;c|d;e;f",
    );
    check("a,b\n'x,1',2\n'y,2',3\n", "a:cat x,1|y,2; b:num 2|3");
    check(
        "who,note\nO'Neil,it's\nD'Arc,that's\n",
        "who:cat O'Neil|D'Arc; note:cat it's|that's",
    );
}

#[test]
fn one_column_is_a_table() {
    check("a\n1\n2\n", "a:num 1|2");
    check("a\n1\n2", "a:num 1|2");
    check("fruit\napple\npear\napple\n", "fruit:cat apple|pear|apple");
    check("5\n6\n7\n", "column_1:num 5|6|7");
    check(
        "words\nhello there\ngood bye now\n",
        "words:cat hello there|good bye now",
    );
    check("a\n1\n\n2\n", "a:num 1|2; !blank_line");
    check("a\n1\nNA\n2\n", "a:num 1|~|2");
    check("a\n1\n\"\"\n2\n", "a:num 1|~|2");
}

#[test]
fn headers_are_found_or_made() {
    check("1,2\n3,4\n", "column_1:num 1|3; column_2:num 2|4");
    check("a,b\nc,d\ne,f\n", "a:cat c|e; b:cat d|f");
    check(
        "yes,no\nno,yes\nyes,yes\n",
        "column_1:bool true|false|true; column_2:bool false|true|true",
    );
    check(
        "name,2019,2020\nx,1,2\ny,3,4\n",
        "name:cat x|y; 2019:num 1|3; 2020:num 2|4",
    );
    check(
        "a,a,\n1,2,3\n",
        "a:num 1; a_2:num 2; column_3:num 3; !duplicate_name@1; !empty_name@1",
    );
    check(
        "a,a,a_2\n1,2,3\n",
        "a:num 1; a_3:num 2; a_2:num 3; !duplicate_name@1",
    );
    check(
        ",x\n0,5\n1,6\n",
        "column_1:num 0|1; x:num 5|6; !empty_name@1",
    );
    check("a,b\n", "a:num ; b:num ; !no_rows");
    check(" a , b \n1,2\n", "a:num 1; b:num 2");
    check(
        "x,y\nr1,1,2\nr2,3,4\n",
        "row_name:cat r1|r2; x:num 1|3; y:num 2|4; !row_names",
    );
    check(
        "__proto__,constructor\n1,2\n",
        "__proto__:num 1; constructor:num 2",
    );
}

#[test]
fn quotes() {
    check("a,b\n\"x\ny\",1\nz,2\n", "a:cat x\ny|z; b:num 1|2");
    check(
        "a,b\n\"x \"\"y\"\"\",1\nz,2\n",
        "a:cat x \"y\"|z; b:num 1|2",
    );
    check("a,b\n\"x, y\", \"1\"\nz,2\n", "a:cat x, y|z; b:num 1|2");
    check(
        "a,b\n5\" pipe,1\n6\" pipe,2\n",
        "a:cat 5\" pipe|6\" pipe; b:num 1|2",
    );
    check(
        "a,b\n\"say \"hi\" now\",1\nz,2\n",
        "a:cat say \"hi\" now|z; b:num 1|2",
    );
    check(
        "a,b\nx,1\n\"y,2\nz,3\n",
        "a:cat x|\"y|z; b:num 1|2|3; !open_quote@3",
    );
    check(
        "a,b\nx,1\n\"y,2\nz,3\n\"u,v\",4\n",
        "a:cat x|\"y|z|u,v; b:num 1|2|3|4; !open_quote@3",
    );
    check("a,b\n\"x\",\"1\"\n\"\",\"2\"\n", "a:cat x|~; b:num 1|2");
}

#[test]
fn line_ends() {
    check("a,b\r\n1,2\r\n3,4\r\n", "a:num 1|3; b:num 2|4");
    check("a,b\r1,2\r3,4\r", "a:num 1|3; b:num 2|4");
    check("a,b\r1,2\r3,4", "a:num 1|3; b:num 2|4");
    check("a,b\r\n1,2\n3,4\r\n", "a:num 1|3; b:num 2|4");
    check("\n\na,b\n1,2\n", "a:num 1; b:num 2; !blank_line");
    check("a,b\n1,2\n\n\n", "a:num 1; b:num 2");
}

#[test]
fn ragged_rows_are_noted_by_line() {
    check(
        "a,b,c\n1,2,3\n4,5\n6,7,8\n",
        "a:num 1|4|6; b:num 2|5|7; c:num 3|~|8; !short_row@3",
    );
    check("a,b\n1,2,\n3,4,\n", "a:num 1|3; b:num 2|4");
    check(
        "a,b,\n1,2,\n3,4,\n",
        "a:num 1|3; b:num 2|4; !trailing_delimiter",
    );
    check("a,b\n1,2\n,\n3,4\n,\n", "a:num 1|3; b:num 2|4; !empty_row");
    check(
        "a,b\n1,2\n3,4,5\n6,7,8\n9\n",
        "a:num 1|3|6|9; b:num 2|4|7|~; column_3:num ~|5|8|~; !unnamed_columns; !empty_name@1; !short_row@5",
    );
    check("a,b\n1,2\n3,4,5\n", "a:num 1|3; b:num 2|4; !long_row@3");
    let mut long = "a,b\n".to_owned() + &"1,2\n".repeat(12);
    long += "3,4,5\n";
    let expected = format!(
        "a:num {}3; b:num {}4; !long_row@14",
        "1|".repeat(12),
        "2|".repeat(12)
    );
    check(long, &expected);
}

#[test]
fn titles_and_comments_are_skipped_with_a_note() {
    check(
        "# made by x\na,b\n1,2\n",
        "a:num 1; b:num 2; !skipped_line@1",
    );
    check("#a,b\n1,2\n", "#a:num 1; b:num 2");
    check("a,b\n1,2\n# end\n", "a:num 1; b:num 2; !skipped_line@3");
    check(
        "Report\n\na,b,c\n1,2,3\n",
        "a:num 1; b:num 2; c:num 3; !blank_line; !skipped_line@1",
    );
    check(
        "Report,,\na,b,c\n1,2,3\n",
        "a:num 1; b:num 2; c:num 3; !skipped_line@1",
    );
}

#[test]
fn numbers() {
    check(
        "a\n1e5\n-2.5E-3\n+4\n.5\n7.\n",
        "a:num 100000|-0.0025|4|0.5|7",
    );
    check("a\n0\n-0\n0.5\n", "a:num 0|0|0.5");
    check("zip\n01067\n80331\n", "zip:cat 01067|80331; !identifier@2");
    check(
        "id\n12345678901234567890\n12345678901234567891\n",
        "id:cat 12345678901234567890|12345678901234567891; !identifier@2",
    );
    check("id\n9007199254740991\n1\n", "id:num 9007199254740991|1");
    check(
        "id\n9007199254740993\n1\n",
        "id:cat 9007199254740993|1; !identifier@2",
    );
    check("a\n1\ninf\n2\n", "a:num 1|~|2; !infinite@3");
    check("a\n1\n1e999\n2\n", "a:num 1|~|2; !infinite@3");
    check("a\n12%\n7 %\n", "a:num 12|7; !percent");
    check("a\n$5\n-$3.50\n", "a:num 5|-3.5; !currency");
    check("a\n3 \u{20ac}\n\u{20ac}4\n", "a:num 3|4; !currency");
    check(
        "a;b\n1.234,5;x\n2.000;y\n",
        "a:num 1234.5|2000; b:cat x|y; !thousands",
    );
    check(
        "a;b\n\"1,234.5\";x\n\"2,000\";y\n",
        "a:num 1234.5|2000; b:cat x|y; !thousands",
    );
    check(
        "a,b\n\"1,234\",x\n\"2,000\",y\n",
        "a:num 1234|2000; b:cat x|y; !thousands",
    );
    check("a,b\n\"1,5\",x\n\"2,25\",y\n", "a:num 1.5|2.25; b:cat x|y");
    check(
        "a\n1 000\n20 000\n300\n",
        "a:num 1000|20000|300; !thousands",
    );
    check("v\n1.2.3\n4.5.6\n", "v:cat 1.2.3|4.5.6");
    check("d\n2020-01-02\n2020-01-03\n", "d:cat 2020-01-02|2020-01-03");
    check("t\n12:30\n13:30\n", "t:cat 12:30|13:30");
}

#[test]
fn missing_marks() {
    check(
        "a,b\n1,x\nNA,N/A\nn/a,null\nNaN,None\n?,-\n,\n2,y\n",
        "a:num 1|~|~|~|~|2; b:cat x|~|~|~|~|y; !empty_row",
    );
    check("a,b\n,1\n,2\n", "a:num ~|~; b:num 1|2; !no_values");
    check("a,b\n x,1\nx ,2\n", "a:cat x|x; b:num 1|2; !trimmed");
}

#[test]
fn booleans_need_both_of_a_pair() {
    check("a\ntrue\nfalse\n", "a:bool true|false");
    check("a\nTRUE\nFalse\n", "a:bool true|false");
    check("a\nyes\nno\nNA\n", "a:bool true|false|~");
    check("a\nt\nf\n", "a:bool true|false");
    check("a\ny\nn\n", "a:bool true|false");
    check("a\ny\nf\n", "a:cat y|f");
    check("a\ntrue\nno\n", "a:cat true|no");
    check("a\nt\nt\n", "a:cat t|t");
    check("a\n0\n1\n", "a:num 0|1");
}

#[test]
fn dirt_in_numbers_is_missing_and_noted() {
    let mut file = "a\n".to_owned() + &"1\n".repeat(19);
    file += "oops\n";
    let reading = read(file.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(reading.table.columns()[0].column_type(), ColumnType::Number);
    assert_eq!(reading.notes[0].line, Some(21));
    assert!(reading.notes[0].message.contains("\u{201c}oops\u{201d}"));
    check("a\n1\n2\noops\n", "a:cat 1|2|oops");
}
