package io.manta.benchmarks;

import io.manta.actors.Suggestions;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// `manta bench`: measures Manta on this machine.
@Command(
    name = "bench",
    description = {
      "Measure Manta on this machine, embedded and in several processes.",
      "Leave the machine alone meanwhile: whatever else runs shows in the figures."
    })
public final class BenchCommand implements Callable<Integer> {
  private static final String STANDARD_OUTPUT = "-";

  @Parameters(
      arity = "0..*",
      paramLabel = "CASE",
      description = "Cases whose names contain this; all by default.")
  private List<String> parts = new ArrayList<>();

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      converter = ModesConverter.class,
      description = {
        "embedded, processes or both of these; pekko or pekko-processes, which is Pekko without"
            + " Manta; or all: ${DEFAULT-VALUE}."
      },
      defaultValue = "all")
  private Modes modes = new Modes(List.of());

  @Option(
      names = "--repetitions",
      paramLabel = "N",
      description = "How often each case is measured: ${DEFAULT-VALUE}.")
  private int repetitions = Settings.REPETITIONS;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "How long one repetition is: ${DEFAULT-VALUE}; over HTTP four times that.")
  private double seconds = Settings.SECONDS;

  @Option(
      names = "--smoke",
      description = "Run each case just long enough to see that its results are right.")
  private boolean smoke;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write a line of JSON per result; '-' is standard output.")
  private Optional<String> json = Optional.empty();

  @Option(
      names = {"--against", "--ray"},
      paramLabel = "FILE",
      description = "Compare with results in such lines; may be given more than once.")
  private List<Path> against = new ArrayList<>();

  @Option(
      names = "--from",
      paramLabel = "FILE",
      description = "Measure nothing: take results from such lines; may be given more than once.")
  private List<Path> from = new ArrayList<>();

  @Option(names = "--markdown", description = "Print a table in Markdown at the end.")
  private boolean markdown;

  @Option(
      names = "--profile",
      paramLabel = "FOLDER",
      description = "Keep a flight recording of each process there.")
  private Optional<Path> profiles = Optional.empty();

  @Spec private CommandSpec spec = CommandSpec.create();

  /// What `--mode` names.
  private record Modes(List<Mode> all) {}

  private static final class ModesConverter implements ITypeConverter<Modes> {
    @Override
    public Modes convert(String word) {
      return new Modes(
          switch (word) {
            case "all" -> List.of(Mode.values());
            case "both" -> Mode.MANTA;
            default ->
                List.of(
                    Arrays.stream(Mode.values())
                        .filter(mode -> mode.word().equals(word))
                        .findFirst()
                        .orElseThrow(() -> new TypeConversionException(unknown(word))));
          });
    }

    private static String unknown(String word) {
      return "'%s' is none of %s, both (of Manta) and all"
          .formatted(
              word, Arrays.stream(Mode.values()).map(Mode::word).collect(Collectors.joining(", ")));
    }
  }

  @Override
  public Integer call() throws IOException {
    Settings settings = checkedSettings();
    boolean jsonOnOutput = json.filter(STANDARD_OUTPUT::equals).isPresent();
    if (jsonOnOutput && markdown) {
      throw wrong("--json - and --markdown both want standard output; give --json a file");
    }
    PrintWriter out = spec.commandLine().getOut();
    PrintWriter rows = jsonOnOutput || markdown ? spec.commandLine().getErr() : out;
    var others = new Comparison(Comparison.read(readable(against)));
    var console = Optional.ofNullable(System.console());
    var table = new LiveTable(rows, others, console.filter(Console::isTerminal).isPresent());
    if (!from.isEmpty()) {
      List<Result> saved = Comparison.read(readable(from)).stream().filter(this::asked).toList();
      show(saved, table, others);
      return CommandLine.ExitCode.OK;
    }
    if (profiles.isPresent()) {
      Files.createDirectories(profiles.get());
    }
    Session session;
    try (PrintWriter file = jsonFile()) {
      var lines = jsonOnOutput ? Optional.of(out) : Optional.ofNullable(file);
      session = new Session(table, lines);
      session.run(modes.all(), settings, parts, profiles);
    }
    if (markdown) {
      out.println(new MarkdownTable(session.results(), others));
    }
    out.flush();
    return session.failed() ? CommandLine.ExitCode.SOFTWARE : CommandLine.ExitCode.OK;
  }

  private void show(List<Result> saved, LiveTable table, Comparison others) {
    PrintWriter out = spec.commandLine().getOut();
    if (markdown) {
      out.println(new MarkdownTable(saved, others));
    } else {
      table.printHead();
      saved.forEach(result -> table.print(new Event.Measured(result)));
    }
    out.flush();
  }

  private @Nullable PrintWriter jsonFile() {
    if (json.isEmpty() || json.get().equals(STANDARD_OUTPUT)) {
      return null;
    }
    Path file = Path.of(json.get());
    try {
      return new PrintWriter(Files.newBufferedWriter(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw wrong("--json: " + file + " can't be written; its folder must be there, and writable");
    }
  }

  private boolean asked(Result result) {
    return parts.isEmpty() || parts.stream().anyMatch(result.name()::contains);
  }

  private Settings checkedSettings() {
    for (String part : parts) {
      if (Cases.names().stream().noneMatch(name -> name.contains(part))) {
        throw wrong("no case has '" + part + "' in its name" + Suggestions.of(part, Cases.names()));
      }
    }
    try {
      return smoke ? Settings.smoke() : Settings.full(repetitions, seconds);
    } catch (IllegalArgumentException e) {
      throw wrong(Objects.requireNonNullElse(e.getMessage(), e.toString()));
    }
  }

  private List<Path> readable(List<Path> files) {
    for (Path file : files) {
      if (!Files.isReadable(file) || Files.isDirectory(file)) {
        throw wrong("there is no file " + file + " to read");
      }
    }
    return files;
  }

  private ParameterException wrong(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
