package io.manta.objects;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Constructor;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/// A build of a user's classes, in a class loader of its own, with a codec for it.
final class Build {
  private final ClassLoader loader;
  private final ValueCodec codec;

  /// @param sources by the full names of their classes
  Build(Path folder, Map<String, String> sources, String... packages) {
    try {
      Path classes = Files.createTempDirectory(folder, "build");
      boolean compiled =
          ToolProvider.getSystemJavaCompiler()
              .getTask(
                  null,
                  null,
                  null,
                  List.of(
                      "-d",
                      classes.toString(),
                      "-proc:none",
                      "-cp",
                      System.getProperty("java.class.path")),
                  null,
                  sources.entrySet().stream()
                      .map(source -> file(source.getKey(), source.getValue()))
                      .toList())
              .call();
      assertThat(compiled).as("%s compile", sources.keySet()).isTrue();
      loader =
          new URLClassLoader(new URL[] {classes.toUri().toURL()}, Build.class.getClassLoader());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    codec = new ValueCodec(JobClasses.of(loader), List.of(), Set.of(packages));
  }

  private static SimpleJavaFileObject file(String name, String text) {
    var uri = URI.create("string:///" + name.replace('.', '/') + ".java");
    return new SimpleJavaFileObject(uri, javax.tools.JavaFileObject.Kind.SOURCE) {
      @Override
      public CharSequence getCharContent(boolean ignoreEncodingErrors) {
        return text;
      }
    };
  }

  ValueCodec codec() {
    return codec;
  }

  ClassLoader loader() {
    return loader;
  }

  Object constant(String type, int number) {
    try {
      return loader.loadClass(type).getEnumConstants()[number];
    } catch (ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }

  /// An object by the only constructor of its class.
  Object make(String type, Object... arguments) {
    try {
      Constructor<?> constructor = loader.loadClass(type).getDeclaredConstructors()[0];
      constructor.setAccessible(true);
      return constructor.newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }
}
