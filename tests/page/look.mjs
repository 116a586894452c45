// Takes pictures of a served page for the eye: every station, wide, laptop and phone, light and dark.
//   node tests/page/look.mjs [address] [folder] [station,…] [size,…] [theme,…]
// Prints console errors, refused requests and whatever sticks out sideways.
import { mkdirSync } from "node:fs";
import { chromium } from "@playwright/test";

const [address = "http://localhost:8080/", folder = "tests/page/results", stations, sizes, themes] = process.argv.slice(2);
const SIZES = { wide: [1440, 900], laptop: [1180, 760], phone: [390, 844] };
const STATIONS = ["data", "prepare", "train", "judge", "explain", "use"];
const chosen = (text, all) => (text ? text.split(",") : all);

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.HANDLENS_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
for (const size of chosen(sizes, Object.keys(SIZES)))
  for (const theme of chosen(themes, ["light", "dark"])) {
    const [width, height] = SIZES[size];
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme, hasTouch: size === "phone", serviceWorkers: "block" });
    page.on("console", (message) => message.type() === "error" && console.log(`${size} ${theme} console: ${message.text()}`));
    page.on("pageerror", (error) => console.log(`${size} ${theme} page: ${error.stack ?? error.message}`));
    page.on("requestfailed", (request) => console.log(`${size} ${theme} request: ${request.url()}`));
    await page.goto(address);
    await page.waitForTimeout(Number(process.env.LOOK_WAIT ?? 2500));
    for (const station of chosen(stations, STATIONS)) {
      await page.locator("nav button").nth(STATIONS.indexOf(station)).click();
      await page.waitForTimeout(700);
      await page.screenshot({ path: `${folder}/${station}-${size}-${theme}.png`, fullPage: size === "phone" });
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wider > 0) console.log(`${size} ${theme} ${station}: sticks out by ${wider} px`);
    }
    await page.close();
  }
await browser.close();
