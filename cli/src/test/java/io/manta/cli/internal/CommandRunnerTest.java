package io.manta.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.manta.cli.CommandException;
import io.manta.cli.CommandProvider;
import io.manta.cli.Ports;
import io.manta.core.InfeasibleException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Timeout(30)
class CommandRunnerTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandProvider failing = Failing::new;
    return new CommandRunner(
            List.of(failing), new PrintWriter(out, true), new PrintWriter(err, true))
        .run(arguments);
  }

  @ParameterizedTest
  @CsvSource({
    "strat, start",
    "statsu, status",
    "sotp, stop",
    "verison, version",
    "fial, fail",
  })
  void shouldSuggestTheCommandWhenItIsMistyped(String typed, String meant) {
    assertThat(run(typed)).isEqualTo(CommandRunner.USAGE);
    assertThat(err.toString())
        .contains("unknown command '" + typed + "'; did you mean '" + meant + "'?");
    assertThat(err.toString().lines()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "start, --hed, --head",
    "start, --adress, --address",
    "status, --jsno, --json",
    "stop, --froce, --force",
    "autoscale, --idle-timout, --idle-timeout",
  })
  void shouldSuggestTheOptionWhenItIsMistyped(String command, String typed, String meant) {
    assertThat(run(command, typed)).isEqualTo(CommandRunner.USAGE);
    assertThat(err.toString())
        .contains("unknown option '" + typed + "'; did you mean '" + meant + "'?");
    assertThat(err.toString().lines()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({
    "--min=5, --min 5 and --max 4: give 0 or more",
    "--max=0, --min 0 and --max 0",
    "--max=many, 'many' is not an int",
    "--idle-timeout=soon, --idle-timeout soon",
    "--cpus=-1, an amount of -1.0 for resource 'cpu' must be 0 or more",
    "--label=a b=c, a b",
  })
  void shouldSayWhatIsWrongWithTheNodesToStart(String flag, String message) {
    assertThat(run("autoscale", flag)).isNotZero();
    assertThat(err.toString()).contains(message);
  }

  @Test
  void shouldNameTheFlagWhoseValueIsOutOfRange() {
    assertThat(run("start", "--head", "--port", "99999")).isEqualTo(CommandRunner.FAILURE);

    assertThat(err.toString())
        .isEqualToIgnoringNewLines("manta: port of 99999 is not between 0 and 65535 (--port)");
  }

  @ParameterizedTest
  @CsvSource({
    "--cpus=-1, an amount of -1.0 for resource 'cpu' must be 0 or more",
    "--resource=licence=-2, an amount of -2.0 for resource 'licence' must be 0 or more",
    "--gpus=NaN, an amount of NaN for resource 'gpu' must be 0 or more",
    "--gpus=1e15, an amount of 1.0E15 for resource 'gpu' must be at most 230584300921369",
  })
  void shouldSayWhichAmountsThereCanBe(String flag, String message) {
    assertThat(run("start", "--head", flag)).isEqualTo(CommandRunner.FAILURE);

    assertThat(err.toString()).contains(message);
  }

  @Test
  void shouldRefuseOnePortForTheNodeAndForHttp() {
    String port = Integer.toString(Ports.free(1).getFirst());

    assertThat(run("start", "--head", "--port", port, "--http-port", port))
        .isEqualTo(CommandRunner.FAILURE);

    assertThat(err.toString()).contains("port " + port).contains("give another --http-port");
  }

  @Test
  void shouldEndAsTheProgramThatItRuns(@TempDir Path folder) throws Exception {
    Path program = folder.resolve("Three.java");
    Files.writeString(
        program, "class Three { static void main(String[] text) { System.exit(text.length); } }");
    assertThat(run("java", program.toString(), "a", "b", "c")).isEqualTo(3);
  }

  @Test
  void shouldListTheCommandsWhenNoneIsNear() {
    assertThat(run("entirely-other")).isEqualTo(CommandRunner.USAGE);
    assertThat(err.toString())
        .contains(
            "there are actors, autoscale, cluster, fail, java, node, pending, start, status, stop, version");
    assertThat(err.toString()).doesNotContain("warm-up");
  }

  @Test
  void shouldNotOfferHiddenCommands() {
    assertThat(run("warmup")).isEqualTo(CommandRunner.USAGE);
    assertThat(err.toString()).doesNotContain("warm-up");
  }

  @Test
  void shouldNotOfferHiddenOptions() {
    assertThat(run("start", "--end-with-stdn")).isEqualTo(CommandRunner.USAGE);
    assertThat(err.toString()).doesNotContain("--end-with-stdin'");
  }

  @Test
  void shouldNameTheModuleWhenACommandIsNotInTheBuild() {
    assertThat(run("bench")).isEqualTo(CommandRunner.USAGE);
    assertThat(err.toString()).contains("manta-benchmarks is not on the class path");
  }

  @Test
  void shouldPrintTheMessageAloneWhenACommandFails() {
    assertThat(run("fail", "command")).isEqualTo(CommandRunner.FAILURE);
    assertThat(err.toString()).isEqualTo("manta: port 1 is taken" + System.lineSeparator());
  }

  @Test
  void shouldPrintTheMessageAloneWhenTheRuntimeRefuses() {
    assertThat(run("fail", "manta")).isEqualTo(CommandRunner.FAILURE);
    assertThat(err.toString()).isEqualTo("manta: no node has 4 cpu" + System.lineSeparator());
  }

  @Test
  void shouldSayHowToSeeTheStackWhenTheFailureIsUnforeseen() {
    assertThat(run("fail", "other")).isEqualTo(CommandRunner.FAILURE);
    assertThat(err.toString())
        .startsWith("manta: java.lang.IllegalStateException: broken")
        .contains("--stacktrace")
        .doesNotContain("\tat ");
  }

  @Test
  void shouldPrintTheStackWhenAsked() {
    assertThat(run("fail", "command", "--stacktrace")).isEqualTo(CommandRunner.FAILURE);
    assertThat(err.toString()).contains("\tat " + Failing.class.getName());
  }

  @Test
  void shouldShowHelpWithExitCodeZero() {
    assertThat(run()).isZero();
    assertThat(run("help", "start")).isZero();
    assertThat(run("start", "--help")).isZero();
    assertThat(out.toString()).contains("COMMAND").contains("--head").contains("25520");
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"version", "--version", "-V"})
  void shouldPrintVersions(String word) {
    assertThat(run(word)).isZero();
    assertThat(out.toString())
        .matches("(?s)Manta \\d.*, Java " + Runtime.version().feature() + ".*");
  }

  @Test
  void shouldExplainWhenStartIsGivenNoCluster() {
    assertThat(run("start")).isEqualTo(CommandRunner.FAILURE);
    assertThat(err.toString()).contains("start --head").contains("start --address");
  }

  @Test
  void shouldRefuseHeadTogetherWithAddress() {
    assertThat(run("start", "--head", "--address", "manta://127.0.0.1:1"))
        .isEqualTo(CommandRunner.USAGE);
    assertThat(err.toString()).contains("give one of them");
  }

  @ParameterizedTest
  @CsvSource({
    "--port, 99999, 65535",
    "--cpus, many, not a number",
    "--memory, 4XB, not a size",
    "--host, 192.168.1.1, loopback",
    "--resource, licence, name=amount",
  })
  void shouldRefuseWrongValuesBeforeStartingAnything(String flag, String value, String reason) {
    assertThat(run("start", "--head", flag, value)).isEqualTo(CommandRunner.FAILURE);
    assertThat(err.toString()).contains(value).contains(reason);
    assertThat(err.toString().lines()).hasSize(1);
  }

  @Command(name = "fail")
  static final class Failing implements Callable<Integer> {
    @Parameters(arity = "0..1")
    private String how = "";

    @Override
    public Integer call() {
      throw switch (how) {
        case "command" -> new CommandException("port 1 is taken");
        case "manta" -> new InfeasibleException("no node has 4 cpu");
        default -> new IllegalStateException("broken");
      };
    }
  }
}
