// Asks a printed class: the names of the columns, then rows as lines of cells between tabs in; the
// numbers of the answers out.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

final class Driver {
    public static void main(String[] arguments) throws Exception {
        final BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        final String[] names = lines.readLine().split("\t", -1);
        final StringBuilder out = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            final String[] cells = line.split("\t", -1);
            final Map<String, String> row = new HashMap<>();
            for (int at = 0; at < names.length; at++) row.put(names[at], cells[at]);
            final HandlensModel.Answer answer = HandlensModel.predict(row);
            out.append(answer == null ? "none" : SHOW).append('\n');
        }
        System.out.print(out);
    }
}
