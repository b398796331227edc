package io.manta.actors;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import javax.tools.ToolProvider;

/// Makes a jar whose classes no class path has: `extra.Greeter` and a text.
public final class JarMaker {
  private JarMaker() {}

  public static Path greeter(Path folder) throws IOException {
    Path source = Files.createDirectories(folder.resolve("extra")).resolve("Greeter.java");
    Files.writeString(
        source,
        """
        package extra;
        import io.manta.core.RemoteCallable;
        public class Greeter {
          record Word(String text) {}
          public static String greet(String name) { return new Word("hello " + name).text(); }
          public static RemoteCallable<String> task(String name) { return () -> greet(name); }
        }
        """);
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-cp", System.getProperty("java.class.path"), source.toString());
    assertThat(status).isZero();
    Path jar = folder.resolve("greeter.jar");
    try (var out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (String name : new String[] {"Greeter.class", "Greeter$Word.class"}) {
        out.putNextEntry(new JarEntry("extra/" + name));
        out.write(Files.readAllBytes(source.resolveSibling(name)));
      }
      out.putNextEntry(new JarEntry("extra/text.txt"));
      out.write("from the jar".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    return jar;
  }

  /// Calls it by the context class loader, as a task does; gives a text of the jar along.
  public static String greet(String name) throws Exception {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    try (var text = loader.getResourceAsStream("extra/text.txt")) {
      return loader.loadClass("extra.Greeter").getMethod("greet", String.class).invoke(null, name)
          + " "
          + (text == null ? "without" : new String(text.readAllBytes()));
    }
  }
}
