package io.manta.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.manta.cli.CommandException;
import io.manta.cli.CommandProvider;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class BenchCommandTest {
  private static final String MANTA =
      """
      {"peer":"manta-embedded","suite":"core","case":"tasks_sync","value":20000.0,"min":19000.0,\
      "max":21000.0,"unit":"1/s","better":"higher"}
      {"peer":"manta-processes","suite":"core","case":"tasks_sync","value":1000.0,"min":1000.0,\
      "max":1000.0,"unit":"1/s","better":"higher"}
      {"peer":"manta-embedded","suite":"core","case":"startup_ms","value":400.0,"min":400.0,\
      "max":400.0,"unit":"ms","better":"lower"}
      """;
  private static final String RAY =
      """
      {"peer": "ray-1", "suite": "core", "case": "tasks_sync", "value": 500.0, "min": 490.0, \
      "max": 510.0, "unit": "1/s", "better": "higher"}
      {"peer": "ray-1", "suite": "core", "case": "refs_10k", "value": 5.0, "min": 5.0, \
      "max": 5.0, "unit": "1/s", "better": "higher"}
      {"peer": "ray-1", "suite": "core", "case": "startup_ms", "value": 4000.0, "min": 4000.0, \
      "max": 4000.0, "unit": "ms", "better": "lower"}
      """;

  @TempDir private Path folder;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void shouldBeFoundByTheCommandLine() {
    assertThat(ServiceLoader.load(CommandProvider.class))
        .extracting(CommandProvider::command)
        .hasAtLeastOneElementOfType(BenchCommand.class);
  }

  @Test
  void shouldSuggestTheCaseThatWasMeant() {
    assertThat(run("task_sync")).isEqualTo(2);
    assertThat(err.toString()).contains("'task_sync'").contains("did you mean 'tasks_sync'?");
  }

  @Test
  void shouldListCasesWhenNoneIsNear() {
    assertThat(run("zzzzzz")).isEqualTo(2);
    assertThat(err.toString()).contains("there are ").contains("actor_create");
  }

  @Test
  void shouldNameTheModesWhenGivenAnother() {
    assertThat(run("--mode", "cluster")).isEqualTo(2);
    assertThat(err.toString())
        .contains("'cluster' is none of embedded, processes, pekko, pekko-processes, both");
  }

  @Test
  void shouldRefuseLengthsThatMeasureNothing() {
    assertThat(run("--seconds", "0")).isEqualTo(2);
    assertThat(err.toString()).contains("seconds of 0.0");
    assertThat(run("--repetitions", "0")).isEqualTo(2);
    assertThat(err.toString()).contains("repetitions of 0");
  }

  @Test
  void shouldRefuseAFileThatIsNotThere() {
    assertThat(run("--against", folder.resolve("none.jsonl").toString())).isEqualTo(2);
    assertThat(err.toString()).contains("none.jsonl");
  }

  @Test
  void shouldRefuseAFileThatCanNotBeWritten() {
    Path file = folder.resolve("no/such/folder/x.jsonl");

    assertThat(run("--json", file.toString())).isEqualTo(2);

    assertThat(err.toString()).contains("--json: " + file + " can't be written");
  }

  @Test
  void shouldNameTheLineThatIsBroken() throws IOException {
    String broken = file("broken", RAY + "{\"peer\": \"ray-1\"\n");

    assertThatThrownBy(() -> Comparison.read(List.of(Path.of(broken))))
        .isInstanceOf(CommandException.class)
        .hasMessageContaining(broken + ", line 4")
        .hasMessageContaining("is not a Result");
  }

  @Test
  void shouldPutSavedResultsNextToThoseOfAPeer() throws IOException {
    assertThat(run("--from", file("manta", MANTA), "--against", file("ray", RAY))).isZero();
    assertThat(out.toString().lines().toList())
        .hasSize(4)
        .anySatisfy(line -> assertThat(line).contains("manta-embedded", "20,000", "500", "40x"))
        .anySatisfy(line -> assertThat(line).contains("manta-processes", "2x"))
        .anySatisfy(line -> assertThat(line).contains("startup_ms", "10x"));
  }

  @Test
  void shouldShowOnlySavedResultsAskedFor() throws IOException {
    assertThat(run("startup", "--from", file("manta", MANTA))).isZero();
    assertThat(out.toString()).contains("startup_ms").doesNotContain("tasks_sync");
  }

  @Test
  void shouldMakeATableInMarkdown() throws IOException {
    assertThat(run("--markdown", "--from", file("manta", MANTA), "--against", file("ray", RAY)))
        .isZero();
    assertThat(out)
        .hasToString(
            """
            | Case | Unit | manta-embedded | manta-processes | ray-1 | manta-embedded / ray-1 \
            | manta-processes / ray-1 |
            | --- | --- | --: | --: | --: | --: | --: |
            | `tasks_sync` | 1/s | 20,000 (19,000 - 21,000) | 1,000 | 500 (490 - 510) | 40x | 2x |
            | `startup_ms` | ms | 400 | - | 4,000 | 10x | - |
            """);
  }

  private String file(String name, String lines) throws IOException {
    return Files.writeString(folder.resolve(name + ".jsonl"), lines).toString();
  }

  private int run(String... arguments) {
    return new CommandLine(new BenchCommand())
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }
}
