package io.manta.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.manta.actors.MantaConfig;
import io.manta.cli.CommandProvider;
import io.manta.cli.internal.CommandRunner;
import io.manta.core.MantaException;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.lang.reflect.Field;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.ThrowingConsumer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import picocli.CommandLine;

/// What the documents show is true: programs compile and print what is said, commands exist, links
/// lead somewhere.
///
/// The rule for programs, in README.md, CONTRIBUTING.md and docs/*.md: all `java` blocks of a page
/// are compiled together. A block whose first line of code starts with a type, a modifier or an
/// import is a file; any other is the statements of a method that was given a `Manta manta`. Both
/// have the imports of [#IMPORTS]. A block under the comment `<!-- run -->` is run too, and has to
/// print what is in the `text` block that follows; one under `<!-- test -->` is a class of tests,
/// which have to pass. A page that begins with [#ELSEWHERE] needs what is not on the class path
/// here: the test of another module compiles it.
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class PagesTest {
  private static final String IMPORTS =
      "import io.manta.core.*; import io.manta.actors.*; import io.manta.serve.*;"
          + " import java.time.*; import java.util.*; import java.util.concurrent.*;"
          + " import java.util.stream.*; ";

  private static final String ELSEWHERE = "<!-- compiled by ";

  private static final Pattern BLOCK =
      Pattern.compile(
          "(?ms)^(?:<!-- (run|test) -->\\R+)?```java\\R(.*?)^```$(?:\\R+```text\\R(.*?)^```$)?");
  private static final Pattern FILE =
      Pattern.compile(
          "\\A(?:\\s|//[^\\n]*)*^(?:import|@|public|abstract|final|sealed|class|record|interface)\\b",
          Pattern.MULTILINE);
  private static final Pattern TYPE =
      Pattern.compile("(?m)^(?:\\w+ )*(?:class|record|interface|enum) (\\w+)");
  private static final Pattern COMMAND = Pattern.compile("(?m)(?:^\\s*|`)bin/manta([^`\\n]*)");
  private static final Pattern END_OF_COMMAND = Pattern.compile("[#|&;>…].*");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)\\s]+)\\)");

  private static final Map<Path, List<String>> ERRORS = new ConcurrentHashMap<>();

  @TempDir private static Path compiled;

  /// What is done with a program.
  private enum Use {
    COMPILE,
    RUN,
    TEST;

    static Use of(@Nullable String comment) {
      return comment == null ? COMPILE : valueOf(comment.toUpperCase(Locale.ROOT));
    }
  }

  private record Snippet(Path page, int line, String text, Use use, Optional<String> output) {
    boolean isFile() {
      return FILE.matcher(text).find();
    }

    String typeName() {
      Matcher type = TYPE.matcher(text);
      return isFile() && type.find() ? type.group(1) : "Statements" + line;
    }

    String source() {
      return isFile()
          ? IMPORTS + text
          : IMPORTS
              + "class %s { static void run(Manta manta) throws Exception {%n".formatted(typeName())
              + text
              + "}}";
    }

    /// The line of the page that a line of the source stands for.
    long lineOf(long sourceLine) {
      return line + sourceLine - (isFile() ? 0 : 1);
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final Snippet snippet;

    Source(Snippet snippet) {
      super(URI.create("string:///" + snippet.typeName() + ".java"), Kind.SOURCE);
      this.snippet = snippet;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return snippet.source();
    }
  }

  private static Path root() {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("README.md"))) {
      at = at.getParent();
    }
    return at;
  }

  private static List<Path> pages() {
    try (Stream<Path> docs = Files.list(root().resolve("docs"))) {
      var pages = new ArrayList<>(List.of(root().resolve("README.md")));
      pages.add(root().resolve("CONTRIBUTING.md"));
      docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
      return pages;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String read(Path page) {
    try {
      return Files.readString(page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Snippet> snippets(Path page, String text) {
    if (text.startsWith(ELSEWHERE)) {
      return List.of();
    }
    return BLOCK
        .matcher(text)
        .results()
        .map(
            block ->
                new Snippet(
                    page,
                    (int) text.substring(0, block.start(2)).lines().count(),
                    block.group(2),
                    Use.of(block.group(1)),
                    Optional.ofNullable(block.group(3))))
        .toList();
  }

  /// Where the classes of a page are.
  private static Path folderOf(Path page) {
    return compiled.resolve(page.getFileName().toString());
  }

  /// Compiles a page, unless that was done before.
  private static void assertCompiles(Path page) {
    assertThat(
            ERRORS.computeIfAbsent(page, one -> compile(snippets(one, read(one)), folderOf(one))))
        .isEmpty();
  }

  private static Stream<Snippet> snippets(Use use) {
    List<Snippet> found =
        pages().stream()
            .flatMap(page -> snippets(page, read(page)).stream())
            .filter(snippet -> snippet.use() == use)
            .toList();
    assertThat(found).as("the documents have something to %s", use).isNotEmpty();
    return found.stream();
  }

  /// Compiles into a folder, or gives the errors.
  private static List<String> compile(List<Snippet> snippets, Path folder) {
    if (snippets.isEmpty()) {
      return List.of();
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var diagnostics = new DiagnosticCollector<JavaFileObject>();
    ToolProvider.getSystemJavaCompiler()
        .getTask(
            null,
            null,
            diagnostics,
            List.of(
                "-proc:none",
                "-d",
                folder.toString(),
                "-cp",
                System.getProperty("java.class.path")),
            null,
            snippets.stream().map(Source::new).toList())
        .call();
    return diagnostics.getDiagnostics().stream()
        .filter(found -> found.getKind() == Diagnostic.Kind.ERROR)
        .map(PagesTest::describe)
        .toList();
  }

  private static String describe(Diagnostic<? extends JavaFileObject> error) {
    String where =
        error.getSource() instanceof Source source
            ? source.snippet.page() + ":" + source.snippet.lineOf(error.getLineNumber()) + " "
            : "";
    return where + error.getMessage(Locale.ROOT);
  }

  @TestFactory
  Stream<DynamicTest> shouldCompile() {
    return pages().stream()
        .map(page -> dynamicTest(page.getFileName().toString(), () -> assertCompiles(page)));
  }

  @Test
  void shouldNoticeASnippetThatDoesNotCompile(@TempDir Path folder) {
    Path page = Path.of("page.md");
    String broken = "One\n```java\nint one = manta.submit(() -> 1);\n```\n";
    String fine = "```java\nint one = manta.submit(() -> 1).get();\n```\n";

    assertThat(compile(snippets(page, broken), folder))
        .singleElement()
        .asString()
        .startsWith("page.md:3 incompatible types");
    assertThat(compile(snippets(page, fine), folder)).isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> shouldPrintWhatIsSaid() {
    return compiledTests(
        Use.RUN,
        snippet ->
            assertThat(run(snippet.typeName(), folderOf(snippet.page())))
                .isEqualTo(snippet.output().orElseThrow().strip()));
  }

  @TestFactory
  Stream<DynamicTest> shouldPassTheTestsThatAreShown() {
    return compiledTests(
        Use.TEST, snippet -> passTests(snippet.typeName(), folderOf(snippet.page())));
  }

  /// A test for each snippet of a kind, once its page is compiled.
  private static Stream<DynamicTest> compiledTests(Use use, ThrowingConsumer<Snippet> test) {
    return snippets(use)
        .map(
            snippet ->
                dynamicTest(
                    snippet.page().getFileName() + ":" + snippet.line(),
                    () -> {
                      assertCompiles(snippet.page());
                      test.accept(snippet);
                    }));
  }

  private static void passTests(String type, Path folder) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (var loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      EngineExecutionResults results =
          EngineTestKit.engine("junit-jupiter")
              .selectors(DiscoverySelectors.selectClass(loader.loadClass(type)))
              .execute();
      assertThat(results.allEvents().failed().list()).isEmpty();
      assertThat(results.testEvents().succeeded().count()).isPositive();
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private static String run(String type, Path folder) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                folder + File.pathSeparator + System.getProperty("java.class.path"),
                type)
            .redirectError(folder.resolve("errors").toFile())
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(process.waitFor(90, TimeUnit.SECONDS)).as("%s ends", type).isTrue();
    } finally {
      process.destroyForcibly();
    }
    String printed = Files.readString(output, StandardCharsets.UTF_8).strip();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("errors"))).isZero();
    return printed;
  }

  /// What is wrong with a command line, without running it.
  private static Optional<String> mistake(String words) throws ReflectiveOperationException {
    var providers =
        ServiceLoader.load(CommandProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .toList();
    var nowhere = new PrintWriter(Writer.nullWriter());
    var runner = new CommandRunner(providers, nowhere, nowhere);
    Field commands = CommandRunner.class.getDeclaredField("commands");
    commands.setAccessible(true);
    try {
      ((CommandLine) commands.get(runner))
          .parseArgs(
              Stream.of(words.split("\\s+")).filter(w -> !w.isEmpty()).toArray(String[]::new));
      return Optional.empty();
    } catch (CommandLine.ParameterException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private static List<String> commands(String text) {
    return COMMAND
        .matcher(text)
        .results()
        .map(found -> END_OF_COMMAND.matcher(found.group(1)).replaceAll("").strip())
        .distinct()
        .toList();
  }

  @TestFactory
  Stream<DynamicTest> shouldShowCommandsThatExist() {
    return pages().stream()
        .flatMap(
            page ->
                commands(read(page)).stream()
                    .map(
                        words ->
                            dynamicTest(
                                page.getFileName() + ": bin/manta " + words,
                                () -> assertThat(mistake(words)).isEmpty())));
  }

  @Test
  void shouldNoticeACommandThatDoesNotExist() throws ReflectiveOperationException {
    assertThat(commands("Run `bin/manta start --head` or\n\n    bin/manta stop # all\n"))
        .containsExactly("start --head", "stop");
    assertThat(mistake("start --head")).isEmpty();
    assertThat(mistake("start --hed")).isPresent();
    assertThat(mistake("stat")).isPresent();
    assertThat(mistake("sample no-such-sample")).isPresent();
  }

  @TestFactory
  Stream<DynamicTest> shouldLinkToFilesThatExist() {
    return pages().stream()
        .map(
            page ->
                dynamicTest(
                    page.getFileName().toString(),
                    () ->
                        assertThat(
                                LINK.matcher(read(page))
                                    .results()
                                    .map(link -> link.group(1).replaceFirst("#.*", ""))
                                    .filter(link -> !link.isEmpty() && !link.contains("://"))
                                    .filter(link -> !Files.exists(page.resolveSibling(link))))
                            .isEmpty()));
  }

  @Test
  void shouldDescribeEverySetting() {
    String page = read(root().resolve("docs/configuration.md"));

    assertThat(MantaConfig.settings())
        .allSatisfy(
            key -> {
              String variable = "MANTA_" + key.toUpperCase(Locale.ROOT).replace('-', '_');
              assertThat(page).contains("| `" + key + "` | `" + variable + "` |");
            });
  }

  @Test
  void shouldDescribeEveryFailure() throws ClassNotFoundException {
    String failures = read(root().resolve("docs/failures.md"));
    String serve = read(root().resolve("docs/serve.md"));

    assertThat(MantaException.class.getPermittedSubclasses())
        .allSatisfy(type -> assertThat(failures).contains("`" + type.getSimpleName() + "`"));
    assertThat(Class.forName("io.manta.serve.internal.ErrorCode").getEnumConstants())
        .allSatisfy(code -> assertThat(serve).contains("`" + code + "`"));
  }
}
