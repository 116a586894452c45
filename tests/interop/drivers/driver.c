// Asks a printed file: rows as lines of cells between tabs in, the numbers of the answers out.
#include "model.c"

#include <stdio.h>

int main(void) {
    static char line[65536];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        const char *row[N_COLUMNS];
        char *cell = line;
        for (int at = 0; at < N_COLUMNS; at++) {
            row[at] = cell;
            char *end = strchr(cell, '\t');
            if (end != NULL) {
                *end = '\0';
                cell = end + 1;
            }
        }
        double out[N_OUT];
        int place;
        const enum outcome outcome = predict(row, out, &place);
        if (outcome == NO_ANSWER) {
            puts("none");
            continue;
        }
        if (outcome != ANSWERED) return 1;
        for (int at = 0; at < N_OUT; at++) printf("%s%.17g", at == 0 ? "" : "\t", out[at]);
        puts("");
    }
    return 0;
}
