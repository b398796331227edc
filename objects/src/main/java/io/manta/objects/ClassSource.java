package io.manta.objects;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.jspecify.annotations.Nullable;

/// The class files behind loaded classes, and a hash that tells one build of a class from another.
public final class ClassSource {
  /// The hash of a class whose file can't be read; it matches any.
  public static final long UNKNOWN = 0;

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
