package io.manta.testkit.upgrade;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Assumptions;

/// The main classes of nodes as they were at the commit that the file `wire-version` names last,
/// with the libraries of this build.
final class EarlierBuild {
  private static final String REQUIRED = "test.upgrade";
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final List<String> MODULES =
      List.of("core", "objects", "scheduler", "sharding", "actors", "testkit");

  /// A line of the file: a wire version, and a commit that has it.
  record Recorded(int version, String commit) {}

  private EarlierBuild() {}

  static Recorded last() throws IOException {
    String[] words =
        Files.readAllLines(ROOT.resolve("wire-version")).stream()
            .filter(line -> !line.isBlank() && !line.startsWith("#"))
            .toList()
            .getLast()
            .split(" ");
    return new Recorded(Integer.parseInt(words[0]), words[1]);
  }

  /// Compiles it.
  ///
  /// @return the class path for its nodes, with the classes of these tests
  static String classPathOrSkip(Path folder) throws IOException, InterruptedException {
    String commit = last().commit();
    Path sources = folder.resolve("sources");
    Optional<String> failure = extract(commit, sources);
    if (failure.isPresent()) {
      String message =
          "there is no commit %s here, which the file wire-version names; test in a clone of the repository, and get its history by: git fetch --unshallow%n%s"
              .formatted(commit, failure.get());
      if (System.getProperty(REQUIRED, "").equals("required")) {
        throw new AssertionError(message);
      }
      Assumptions.abort(message);
    }
    Path classes = Files.createDirectory(folder.resolve("classes"));
    compile(MODULES.stream().map(module -> sources.resolve(module)).toList(), classes);
    return Stream.of(
            Stream.of(classes),
            MODULES.stream().map(module -> sources.resolve(module).resolve("src/main/resources")),
            Stream.of(Path.of("target/test-classes").toAbsolutePath()),
            libraries())
        .flatMap(each -> each)
        .map(Path::toString)
        .collect(Collectors.joining(File.pathSeparator));
  }

  /// @return why not, when it can't be had
  private static Optional<String> extract(String commit, Path to)
      throws IOException, InterruptedException {
    Path archive = Files.createDirectories(to).resolveSibling("sources.zip");
    Path said = to.resolveSibling("git.txt");
    var command =
        new ArrayList<>(
            List.of("git", "archive", "--format=zip", "-o", archive.toString(), commit, "--"));
    MODULES.forEach(module -> command.add(module + "/src/main"));
    try {
      Process git =
          new ProcessBuilder(command)
              .directory(ROOT.toFile())
              .redirectErrorStream(true)
              .redirectOutput(said.toFile())
              .start();
      if (git.waitFor() != 0) {
        return Optional.of(Files.readString(said).strip());
      }
    } catch (IOException e) { // there is no git
      return Optional.of(String.valueOf(e.getMessage()));
    }
    try (var zip = new ZipInputStream(Files.newInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = to.resolve(entry.getName());
        if (entry.isDirectory()) {
          Files.createDirectories(file);
        } else {
          Files.createDirectories(file.getParent());
          Files.copy(zip, file);
        }
      }
    }
    return Optional.empty();
  }

  /// The class path of these tests, but for what this build made itself.
  private static Stream<Path> libraries() {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath())
        .filter(entry -> !entry.startsWith(ROOT))
        .filter(entry -> !entry.getFileName().toString().startsWith("manta-"));
  }

  /// @param modules where their sources are in the usual place
  private static void compile(List<Path> modules, Path to) throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path module : modules) {
      try (Stream<Path> all = Files.walk(module.resolve("src/main/java"))) {
        all.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
      }
    }
    compile(
        files, to, libraries().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
  }

  private static void compile(List<Path> files, Path to, String classPath) throws IOException {
    var said = new StringWriter();
    var compiler = ToolProvider.getSystemJavaCompiler();
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      var options =
          List.of("-d", to.toString(), "-cp", classPath, "-proc:none", "-parameters", "-nowarn");
      var units = manager.getJavaFileObjectsFromPaths(files);
      if (!compiler.getTask(said, manager, null, options, null, units).call()) {
        throw new AssertionError("the sources of an earlier build do not compile:\n" + said);
      }
    }
  }

  /// This build with another wire version.
  static String classPathOfVersion(int version, Path folder) throws IOException {
    String name = "io/manta/core/WireVersion.java";
    String source = Files.readString(ROOT.resolve("core/src/main/java").resolve(name));
    String changed = source.replaceFirst("CURRENT = \\d+;", "CURRENT = " + version + ";");
    Path file = Files.writeString(folder.resolve("WireVersion.java"), changed);
    Path classes = Files.createDirectory(folder.resolve("classes-" + version));
    compile(List.of(file), classes, "");
    return classes + File.pathSeparator + System.getProperty("java.class.path");
  }
}
