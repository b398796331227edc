package io.manta.benchmarks.experiments;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A table of measurements: a column per option, a line per figure, each cell the median of several
/// runs with their minimum and maximum. Every run is a JVM of its own that prints lines
/// `figure=value`.
final class Repeated {
  private static final String FIGURE = "figure:";

  private final Class<?> program;
  private final int runs;
  private final Map<String, List<String>> options = new LinkedHashMap<>();
  private final Map<String, Map<String, List<Double>>> figures = new LinkedHashMap<>();

  Repeated(Class<?> program, int runs) {
    this.program = program;
    this.runs = runs;
  }

  /// Adds an option: what `main` gets to measure it.
  void option(String name, String... arguments) {
    options.put(name, List.of(arguments));
    figures.put(name, new LinkedHashMap<>());
  }

  /// Called in the child: hands one figure to the parent.
  static void report(String figure, double value) {
    System.out.println(FIGURE + figure + "=" + value);
  }

  /// Starts a JVM with the class path of this one; its errors go to this JVM's.
  static Process start(Class<?> program, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xmx2g", "-XX:+UseG1GC", "--sun-misc-unsafe-memory-access=allow", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(program.getName());
    command.addAll(List.of(arguments));
    try {
      return new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Measures all options in turn, as often as there are runs, so that what else the machine does
  /// meets them alike; then the table in Markdown.
  String table() {
    for (int run = 1; run <= runs; run++) {
      int number = run;
      options.forEach(
          (name, arguments) -> {
            System.err.println(name + ", run " + number + " of " + runs);
            output(arguments).forEach(line -> add(figures.get(name), line));
          });
    }
    Set<String> lines =
        figures.values().stream()
            .flatMap(option -> option.keySet().stream())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    var text = new StringBuilder("| |");
    options.keySet().forEach(option -> text.append(' ').append(option).append(" |"));
    text.append("\n|---|").append("---|".repeat(options.size())).append('\n');
    for (String line : lines) {
      text.append("| ").append(line).append(" |");
      figures
          .values()
          .forEach(option -> text.append(' ').append(cell(option.get(line))).append(" |"));
      text.append('\n');
    }
    return text.toString();
  }

  private static void add(@Nullable Map<String, List<Double>> values, String line) {
    String[] parts = line.substring(FIGURE.length()).split("=", 2);
    if (values != null) {
      values.computeIfAbsent(parts[0], _ -> new ArrayList<>()).add(Double.parseDouble(parts[1]));
    }
  }

  private List<String> output(List<String> arguments) {
    Process child = start(program, arguments.toArray(String[]::new));
    try (var reader = child.inputReader()) {
      List<String> lines = reader.lines().filter(line -> line.startsWith(FIGURE)).toList();
      int code = child.waitFor();
      if (code != 0) {
        throw new IllegalStateException("a run of " + arguments + " ended with code " + code);
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    } finally {
      child.destroyForcibly();
    }
  }

  private static String cell(@Nullable List<Double> values) {
    if (values == null || values.isEmpty()) {
      return "–";
    }
    List<Double> sorted = values.stream().sorted().toList();
    String median = text(sorted.get(sorted.size() / 2));
    return sorted.size() == 1
        ? median
        : median + " (" + text(sorted.getFirst()) + "–" + text(sorted.getLast()) + ")";
  }

  private static String text(double value) {
    double size = Math.abs(value);
    String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : "%.2f";
    return String.format(Locale.ROOT, format, value);
  }
}
