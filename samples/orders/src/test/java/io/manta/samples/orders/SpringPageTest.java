package io.manta.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;

/// The application in docs/spring.md does what the page says.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class SpringPageTest {
  private static final Pattern JAVA = Pattern.compile("(?ms)^```java\\R(.*?)^```$");
  private static final Pattern YAML = Pattern.compile("(?ms)^```yaml\\R(.*?)^```$");
  private static final Pattern TYPE = Pattern.compile("(?m)^(?:public )?class (\\w+)");

  private static String page() throws IOException {
    Path at = Path.of("").toAbsolutePath();
    while (!Files.exists(at.resolve("docs/spring.md"))) {
      at = at.getParent();
    }
    return Files.readString(at.resolve("docs/spring.md"));
  }

  private static List<String> blocks(Pattern language, String page) {
    return language.matcher(page).results().map((MatchResult block) -> block.group(1)).toList();
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String text) {
      super(URI.create("string:///" + typeOf(text) + ".java"), Kind.SOURCE);
      this.text = text;
    }

    private static String typeOf(String text) {
      var type = TYPE.matcher(text);
      assertThat(type.find()).as(text).isTrue();
      return type.group(1);
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }

  private static void compile(List<String> sources, Path folder) {
    var diagnostics = new DiagnosticCollector<JavaFileObject>();
    ToolProvider.getSystemJavaCompiler()
        .getTask(
            null,
            null,
            diagnostics,
            List.of(
                "-proc:none",
                "-parameters",
                "-d",
                folder.toString(),
                "-cp",
                System.getProperty("java.class.path")),
            null,
            sources.stream().map(Source::new).toList())
        .call();
    assertThat(diagnostics.getDiagnostics())
        .filteredOn(found -> found.getKind() == Diagnostic.Kind.ERROR)
        .isEmpty();
  }

  @Test
  void shouldCountHitsWhenTheApplicationOfThePageRuns(@TempDir Path folder) throws Exception {
    String page = page();
    compile(blocks(JAVA, page), folder);
    var settings = new ArrayList<>(blocks(YAML, page));
    Path yaml = folder.resolve("application.yml");
    Files.writeString(yaml, String.join("---\n", settings));

    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (var loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, before)) {
      thread.setContextClassLoader(loader);
      Class<?> type = loader.loadClass("com.example.hits.HitsApplication");
      try (var application =
              SpringApplication.run(
                  type,
                  "--spring.config.location=" + yaml.toUri(),
                  "--spring.profiles.active=traced",
                  "--server.port=0",
                  "--manta.port=0",
                  "--manta.state-folder=" + folder.resolve("state"));
          var client =
              new OrdersClient(
                  application
                      .getEnvironment()
                      .getRequiredProperty("local.server.port", int.class))) {
        assertThat(client.post("/hits/home", "").body().asInt()).isEqualTo(1);
        assertThat(client.post("/hits/home", "").body().asInt()).isEqualTo(2);
        var health = client.get("/actuator/health/liveness");
        assertThat(health.body().at("/components/manta/status").asString()).isEqualTo("UP");
      }
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
