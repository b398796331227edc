package io.manta.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `bin/manta` in a tree of its own whose JDKs and Maven are scripts.
@Timeout(60)
class LauncherScriptTest {
  private static final Path SCRIPT = Path.of("../bin/manta");
  private static final List<String> MODULES =
      List.of("core", "cli", "samples", "benchmarks", "durable-jdbc", "chaos");
  private static final List<String> TOOLS =
      List.of(
          "sh",
          "sed",
          "grep",
          "find",
          "head",
          "dirname",
          "readlink",
          "tr",
          "mkdir",
          "mv",
          "rm",
          "cat",
          "sleep",
          "flock");

  /// Names its JDK, then each argument, so that a test sees what Java would have got.
  private static final String JAVA =
      """
      #!/bin/sh
      echo "jdk=$(cd "$(dirname "$0")/.." && pwd -P)"
      for argument in "$@"; do echo "argument=$argument"; done
      """;

  @TempDir private Path folder;
  private Path tree;
  private Path path;
  private Path jdks;

  private record Outcome(int code, String out, String err) {}

  /// JUnit warns of each link that leads out of a folder which it deletes.
  @AfterEach
  void removeLinks() throws IOException {
    for (String tool : TOOLS) {
      Files.deleteIfExists(path.resolve(tool));
    }
  }

  @BeforeEach
  void makeTree() throws IOException {
    assumeThat(SCRIPT).exists();
    tree = Files.createDirectories(folder.resolve("a tree with spaces"));
    path = Files.createDirectories(folder.resolve("path"));
    jdks = Files.createDirectories(folder.resolve("jdks"));
    for (String tool : TOOLS) {
      Path program = Path.of("/bin", tool);
      Files.createSymbolicLink(
          path.resolve(tool), Files.exists(program) ? program : Path.of("/usr/bin", tool));
    }
    String script = Files.readString(SCRIPT);
    String replaced =
        script.replaceFirst("(?s)cat <<END\n/usr/lib/jvm.*?\nEND\n", "echo '" + jdks + "'\n");
    assertThat(replaced).isNotEqualTo(script);
    executable(tree.resolve("bin/manta"), replaced);
    var modules = new StringBuilder();
    for (String module : MODULES) {
      modules.append("<module>").append(module).append("</module>\n");
      write(tree.resolve(module).resolve("pom.xml"), "<project/>");
      write(tree.resolve(module).resolve("src/main/java/A.java"), "class A {}");
    }
    write(tree.resolve("pom.xml"), modules.toString());
    writeJars(tree, Instant.now().plusSeconds(60));
  }

  private static void writeJars(Path tree, Instant time) throws IOException {
    for (String module : MODULES) {
      Path target = tree.resolve(module).resolve("target");
      Path jar = target.resolve("manta-" + module + "-1.jar");
      write(jar, "");
      Files.setLastModifiedTime(jar, FileTime.from(time));
      write(
          target.resolve("classpath"),
          tree.toRealPath() + "/core/target/manta-core-1.jar:/lib/a b.jar");
    }
  }

  private static Path write(Path file, String text) throws IOException {
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private static Path executable(Path file, String text) throws IOException {
    write(file, text);
    return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = jdks.resolve(name);
    executable(home.resolve("bin/java"), JAVA);
    executable(home.resolve("bin/javac"), "");
    write(home.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
    return home.toRealPath();
  }

  private Process start(Path script, Map<String, String> environment, String... arguments)
      throws IOException {
    return builder(script, environment, arguments)
        .redirectOutput(folder.resolve("out").toFile())
        .redirectError(folder.resolve("err").toFile())
        .start();
  }

  private ProcessBuilder builder(
      Path script, Map<String, String> environment, String... arguments) {
    var builder = new ProcessBuilder(script.toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().clear();
    builder.environment().put("PATH", path.toString());
    builder.environment().put("HOME", folder.resolve("home").toString());
    builder.environment().putAll(environment);
    return builder.directory(folder.toFile());
  }

  private Outcome run(Path script, Map<String, String> environment, String... arguments)
      throws Exception {
    Process process = start(script, environment, arguments);
    try {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    return new Outcome(
        process.exitValue(),
        Files.readString(folder.resolve("out")),
        Files.readString(folder.resolve("err")));
  }

  private Outcome run(Map<String, String> environment, String... arguments) throws Exception {
    return run(tree.resolve("bin/manta"), environment, arguments);
  }

  @Test
  void shouldTakeTheJdkOfJavaHome() throws Exception {
    Path home = jdk("mine", "25.0.1");
    jdk("other", "25");

    Outcome outcome = run(Map.of("JAVA_HOME", home.toString()), "status", "--address", "a b");

    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out().lines())
        .startsWith("jdk=" + home)
        .endsWith(
            "argument=io.manta.cli.Main", "argument=status", "argument=--address", "argument=a b");
  }

  @Test
  void shouldPutModulesAndDependenciesOnTheClassPathOnce() throws Exception {
    jdk("25", "25");
    String root = tree.toRealPath().toString();

    Outcome outcome = run(Map.of());

    assertThat(outcome.out())
        .contains(
            "argument=-cp\nargument=%1$s/cli/target/manta-cli-1.jar:%1$s/samples/target/manta-samples-1.jar:%1$s/benchmarks/target/manta-benchmarks-1.jar:%1$s/durable-jdbc/target/manta-durable-jdbc-1.jar:%1$s/chaos/target/manta-chaos-1.jar:%1$s/core/target/manta-core-1.jar:/lib/a b.jar\n"
                .formatted(root));
  }

  @Test
  void shouldPutJarsOfTheUserAfterItsOwn() throws Exception {
    jdk("25", "25");
    Path jar = write(folder.resolve("drivers/a driver.jar"), "");
    String given = jar + "::" + jar.getParent() + "/*";

    Outcome outcome = run(Map.of("MANTA_CLASS_PATH", given));

    assertThat(outcome.out()).contains(":/lib/a b.jar:" + jar + ":" + jar.getParent() + "/*\n");
  }

  @Test
  void shouldRunAProgramOfTheUsers() throws Exception {
    jdk("25", "25");

    Outcome outcome = run(Map.of(), "java", "Hello.java", "a b");

    assertThat(outcome.out())
        .contains("argument=-cp\nargument=" + tree.toRealPath() + "/cli/target/")
        .doesNotContain("io.manta.cli.Main");
    assertThat(outcome.out().lines()).endsWith("argument=Hello.java", "argument=a b");
  }

  @Test
  void shouldNameAJarOfTheUserThatIsMissing() throws Exception {
    jdk("25", "25");

    Outcome outcome = run(Map.of("MANTA_CLASS_PATH", "/lib/none.jar"));

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err())
        .isEqualTo("manta: MANTA_CLASS_PATH names /lib/none.jar, which does not exist\n");
  }

  @Test
  void shouldPassOverAnOlderJavaHome() throws Exception {
    Path old = jdk("old", "17.0.15");
    Path recent = jdk("recent", "25.0.3");

    assertThat(run(Map.of("JAVA_HOME", old.toString())).out()).startsWith("jdk=" + recent + "\n");
  }

  @Test
  void shouldTakeTheJdkOfThePathThroughLinks() throws Exception {
    Path home = jdk("mine", "26-ea");
    jdk("other", "25");
    Files.createSymbolicLink(path.resolve("java"), home.resolve("bin/java"));
    Files.createSymbolicLink(path.resolve("javac"), home.resolve("bin/javac"));

    assertThat(run(Map.of()).out()).startsWith("jdk=" + home + "\n");
  }

  @Test
  void shouldPreferTheVersionItIsBuiltForAmongInstalledOnes() throws Exception {
    jdk("a-later-one", "27");
    Path wanted = jdk("b-wanted", "25.0.2");

    assertThat(run(Map.of()).out()).startsWith("jdk=" + wanted + "\n");
  }

  @Test
  void shouldAskJavaItselfWhenThereIsNoReleaseFile() throws Exception {
    Path home = jdk("bare", "25");
    Files.delete(home.resolve("release"));
    executable(
        home.resolve("bin/java"),
        "#!/bin/sh\n[ \"$1\" != -version ] || { echo 'openjdk version \"25.0.1\" 2025-10-21' >&2;"
            + " exit; }\necho started\n");

    assertThat(run(Map.of("JAVA_HOME", home.toString())).out()).isEqualTo("started\n");
  }

  @Test
  void shouldSayInOneLineWhereItLookedWhenThereIsNoJdk() throws Exception {
    Path old = jdk("old", "17.0.15");

    Outcome outcome = run(Map.of("JAVA_HOME", old.toString()), "status");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err().lines())
        .singleElement()
        .asString()
        .startsWith("manta: no JDK 25 or later found")
        .contains("JAVA_HOME (" + old + ": JDK 17)")
        .contains("PATH (no java)")
        .contains(jdks.toString())
        .contains("set JAVA_HOME");
  }

  @Test
  void shouldRefuseAMantaJavaThatIsTooOld() throws Exception {
    jdk("recent", "25");
    Path old = jdk("old", "21.0.2");

    Outcome outcome = run(Map.of("MANTA_JAVA", old.resolve("bin/java").toString()));

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err().lines()).singleElement().asString().contains("but 21");
  }

  @Test
  void shouldTakeMantaJavaAsAFolderOrAProgram() throws Exception {
    Path home = jdk("mine", "25");
    jdk("a-first", "25");

    assertThat(run(Map.of("MANTA_JAVA", home.toString())).out()).startsWith("jdk=" + home + "\n");
    assertThat(run(Map.of("MANTA_JAVA", home.resolve("bin/java").toString())).out())
        .startsWith("jdk=" + home + "\n");
  }

  @Test
  void shouldWorkThroughASymbolicLinkFromAnotherFolder() throws Exception {
    Path home = jdk("25", "25");
    Path links = Files.createDirectories(folder.resolve("links"));
    Files.createSymbolicLink(links.resolve("inner"), tree.resolve("bin/manta"));
    Path link = Files.createSymbolicLink(links.resolve("manta"), Path.of("inner"));

    Outcome outcome = run(link, Map.of(), "version");

    assertThat(outcome.out()).startsWith("jdk=" + home + "\n").endsWith("argument=version\n");
  }

  @Test
  void shouldPutOptionsOfTheUserAfterItsOwn() throws Exception {
    jdk("25", "25");

    List<String> lines = run(Map.of("MANTA_JAVA_OPTS", "-Xmx1g -Da=b")).out().lines().toList();

    assertThat(lines)
        .contains("argument=--enable-native-access=ALL-UNNAMED")
        .containsSubsequence("argument=-Xmx1g", "argument=-Da=b", "argument=-cp");
  }

  @Test
  void shouldRecordClassesOnceBeforeANodeStarts() throws Exception {
    Path home = jdk("25", "25");
    executable(
        home.resolve("bin/java"),
        JAVA
            + """
            case "$*" in
              *-XX:AOTCacheOutput=*warm-up)
                for argument in "$@"; do
                  case $argument in -XX:AOTCacheOutput=*) echo x > "${argument#*=}" ;; esac
                done
            esac
            """);
    writeJars(tree, Instant.now().minusSeconds(60));
    write(tree.resolve("target/launcher.stamp"), "");
    Files.setLastModifiedTime(
        home.resolve("release"), FileTime.from(Instant.now().minusSeconds(60)));
    String cache = tree.toRealPath().resolve("target/manta.aot").toString();

    assertThat(run(Map.of(), "status").out()).doesNotContain("AOT");
    Outcome first = run(Map.of(), "start", "--head");
    Outcome second = run(Map.of(), "start", "--head");

    assertThat(first.err()).isEqualTo("  preparing faster starts\n");
    assertThat(first.out()).contains("argument=-XX:AOTCache=" + cache + "\n");
    assertThat(second.err()).isEmpty();
    assertThat(second.out())
        .contains("argument=-XX:AOTCache=" + cache + "\n")
        .contains("argument=-Dmanta.aot.cache=" + cache + "\n");
  }

  @Test
  void shouldEndTheRecordingRunWithItself() throws Exception {
    Path home = jdk("25", "25");
    Path begun = folder.resolve("begun");
    executable(
        home.resolve("bin/java"),
        JAVA
            + """
            case "$*" in
              *warm-up)
                echo $$ > '%s'
                exec /bin/sleep 60
            esac
            """
                .formatted(begun));
    writeJars(tree, Instant.now().minusSeconds(60));
    write(tree.resolve("target/launcher.stamp"), "");
    Process launcher = start(tree.resolve("bin/manta"), Map.of(), "start", "--head");
    try {
      await().until(() -> Files.exists(begun) && !Files.readString(begun).isBlank());
      var recording = ProcessHandle.of(Long.parseLong(Files.readString(begun).strip()));
      assertThat(recording).get().matches(ProcessHandle::isAlive);

      launcher.destroy();

      assertThat(launcher.waitFor(30, TimeUnit.SECONDS)).isTrue();
      await().until(() -> recording.filter(ProcessHandle::isAlive).isEmpty());
    } finally {
      launcher.descendants().forEach(ProcessHandle::destroyForcibly);
      launcher.destroyForcibly();
    }
  }

  @Test
  void shouldStartWithoutRecordedClassesWhenTheyCanNotBeMade() throws Exception {
    jdk("25", "25");
    writeJars(tree, Instant.now().minusSeconds(60));
    write(tree.resolve("target/launcher.stamp"), "");
    Files.setLastModifiedTime(
        jdks.resolve("25/release"), FileTime.from(Instant.now().minusSeconds(60)));

    Outcome first = run(Map.of(), "start", "--head");
    Outcome second = run(Map.of(), "start", "--head");

    assertThat(first.code()).isZero();
    assertThat(first.out()).doesNotContain("AOT").endsWith("argument=--head\n");
    assertThat(second.err()).as("it is not tried again").isEmpty();
  }

  @Test
  void shouldStartWithoutRecordedClassesWhenTheTreeIsNotWritable() throws Exception {
    jdk("25", "25");
    // Also for root, to whom every folder is writable, nothing can be written below a file.
    write(tree.resolve("target"), "");

    Outcome outcome = run(Map.of(), "start", "--head");

    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.code()).isZero();
    assertThat(outcome.out()).doesNotContain("AOT").endsWith("argument=--head\n");
  }

  @Test
  void shouldBuildWithProgressWhenASourceIsNewer() throws Exception {
    jdk("25", "25");
    writeJars(tree, Instant.now().minusSeconds(600));
    executable(
        path.resolve("mvn"),
        """
        #!/bin/sh
        echo "$JAVA_HOME $@" > %s
        echo '[INFO] Scanning for projects...'
        echo '[INFO] Building Manta Core 0.1.0-SNAPSHOT                     [2/4]'
        echo '[INFO] Building jar: /x/y.jar'
        """
            .formatted(folder.resolve("mvn-arguments")));

    Outcome first = run(Map.of(), "version");

    assertThat(first.code()).isZero();
    assertThat(first.out()).endsWith("argument=version\n");
    assertThat(first.err())
        .contains("manta: building (")
        .contains("  [2/4] Manta Core\n")
        .doesNotContain("Scanning");
    assertThat(folder.resolve("mvn-arguments")).content().contains(" package");

    Outcome second = run(Map.of(), "version");

    assertThat(second.err()).as("what Maven found up to date is not built again").isEmpty();
  }

  @Test
  void shouldBuildOnceWhenTwoCommandsFindThatItIsToBeBuilt() throws Exception {
    assumeThat(path.resolve("flock")).exists();
    jdk("25", "25");
    writeJars(tree, Instant.now().minusSeconds(600));
    Path builds = folder.resolve("builds");
    Path go = folder.resolve("go");
    executable(
        path.resolve("mvn"),
        "#!/bin/sh\necho build >> %s\nwhile [ ! -e %s ]; do sleep 0.05; done\n"
            .formatted(builds, go));
    Process first = command("first");
    await().until(() -> Files.exists(builds));
    Process second = command("second");
    await()
        .untilAsserted(
            () -> assertThat(folder.resolve("second")).content().contains("waiting for another"));
    write(go, "");

    for (Process command : List.of(first, second)) {
      assertThat(command.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(command.exitValue()).isZero();
    }
    assertThat(builds).hasContent("build");
    assertThat(folder.resolve("second"))
        .content()
        .endsWith("argument=version\n")
        .doesNotContain("building");
  }

  private Process command(String name) throws IOException {
    return builder(tree.resolve("bin/manta"), Map.of(), "version")
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve(name).toFile())
        .start();
  }

  @Test
  void shouldShowTheErrorsOfABuildThatFails() throws Exception {
    jdk("25", "25");
    Files.delete(tree.resolve("cli/target/classpath"));
    executable(
        path.resolve("mvn"),
        "#!/bin/sh\necho '[INFO] noise'\necho '[ERROR] A.java:[1,1] no'\nexit 1\n");

    Outcome outcome = run(Map.of(), "version");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err())
        .contains("[ERROR] A.java:[1,1] no\n")
        .endsWith(
            "manta: the build failed; its log is " + tree.toRealPath() + "/target/build.log\n")
        .doesNotContain("noise");
  }

  @Test
  void shouldSayWhatToInstallWhenThereIsNoMaven() throws Exception {
    jdk("25", "25");
    Files.delete(tree.resolve("samples/target/classpath"));

    Outcome outcome = run(Map.of(), "version");

    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.err().lines()).singleElement().asString().contains("install Maven");
  }

  @Test
  void shouldBuildAgainWhenTheTreeWasMoved() throws Exception {
    jdk("25", "25");
    write(tree.resolve("samples/target/classpath"), "/elsewhere/core/target/manta-core-1.jar");

    assertThat(run(Map.of()).err()).contains("the tree was moved");
  }

  @Test
  void shouldBuildAgainWhenAModuleWasBuiltAlone() throws Exception {
    jdk("25", "25");
    write(
        tree.resolve("cli/target/classpath"),
        "/home/me/.m2/repository/io/manta/manta-core/0.1/manta-core-0.1.jar");

    assertThat(run(Map.of()).err()).contains("cli was built without the others");
  }
}
