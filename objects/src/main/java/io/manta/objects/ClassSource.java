package io.manta.objects;

import io.manta.core.ValueSerializer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import org.jspecify.annotations.Nullable;

/// The class files behind loaded classes, and a hash that tells one build of a class from another.
public final class ClassSource {
  /// The hash of a class whose file can't be read; it matches any.
  public static final long UNKNOWN = 0;

  /// Where services look for a program's serializers.
  public static final String SERIALIZERS = "META-INF/services/" + ValueSerializer.class.getName();

  private static final ClassValue<Long> HASHES =
      new ClassValue<>() {
        @Override
        protected Long computeValue(Class<?> type) {
          byte[] file = file(type.getName(), type.getClassLoader());
          return file == null ? UNKNOWN : hash(file);
        }
      };

  private ClassSource() {}

  /// The hash of the class's file.
  public static long hash(Class<?> type) {
    return HASHES.get(type);
  }

  /// The names of all of a loader's serializers, as `META-INF/services` has them.
  public static byte[] serializers(ClassLoader loader) {
    try {
      var names = new ByteArrayOutputStream();
      for (URL file : Collections.list(loader.getResources(SERIALIZERS))) {
        try (InputStream stream = file.openStream()) {
          stream.transferTo(names);
          names.write('\n');
        }
      }
      return names.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(SERIALIZERS + " can't be read", e);
    }
  }

  /// The class's file, or null when the loader has none.
  public static byte @Nullable [] file(String className, @Nullable ClassLoader loader) {
    String path = className.replace('.', '/') + ".class";
    ClassLoader from = loader == null ? ClassLoader.getPlatformClassLoader() : loader;
    try (InputStream stream = from.getResourceAsStream(path)) {
      return stream == null ? null : stream.readAllBytes();
    } catch (IOException e) {
      return null;
    }
  }

  /// The first eight bytes of SHA-256.
  public static long hash(byte[] file) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(file)).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
