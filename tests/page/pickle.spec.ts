// A Python pickle dropped on the page is listed, never opened.
import { heading, open, table, upload, visit } from "./support/page.ts";
import { expect, tell, test } from "./support/test.ts";

/** `os.system("less")` of protocol 2, a letter a byte. */
const EVIL = Uint8Array.from("\x80\x02cposix\nsystem\nq\x00X\x04\x00\x00\x00lessq\x01\x85q\x02Rq\x03.", (letter) => letter.charCodeAt(0));

for (const name of ["model.pkl", "renamed.csv"]) {
  test(`${name} is listed with what it would call`, async ({ page }) => {
    await open(page);
    const before = await heading(page).innerText();
    await upload(page, table(name, EVIL));
    const card = page.getByRole("dialog", { name: "A Python pickle, not opened" });
    await expect(card).toContainText(`${name} is no data but a program`);
    await expect(card.getByRole("listitem").filter({ hasText: "posix.system" })).toHaveCount(2);
    await expect(card).toContainText("does not open it");
    await card.getByText("Operation by operation").click();
    await expect(card.getByRole("row", { name: /REDUCE/ })).toBeVisible();
    tell(name, (await card.innerText()).replaceAll(/\s+/g, " ").slice(0, 300));
    await page.keyboard.press("Escape");
    await expect(card).toHaveCount(0);
    // What was on the page is as it was.
    await visit(page, "Train");
    await expect(heading(page)).toHaveText(before);
  });
}
