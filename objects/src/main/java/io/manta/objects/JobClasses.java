package io.manta.objects;

import org.jspecify.annotations.Nullable;

/// Where the classes of a job are found.
public interface JobClasses {
  /// The class of that name.
  Class<?> load(String name) throws ClassNotFoundException;

  /// The class of that name whose file has that hash ([ClassSource#UNKNOWN] fits any).
  ///
  /// @throws ClassNotFoundException also when only another build of it can be had
  Class<?> load(String name, long hash) throws ClassNotFoundException;

  /// The loader behind, for libraries that want one.
  ClassLoader loader();

  /// The classes that a loader has.
  static JobClasses of(@Nullable ClassLoader loader) {
    ClassLoader from = loader == null ? ClassLoader.getSystemClassLoader() : loader;
    return new JobClasses() {
      @Override
      public Class<?> load(String name) throws ClassNotFoundException {
        return Class.forName(name, false, from);
      }

      @Override
      public Class<?> load(String name, long hash) throws ClassNotFoundException {
        Class<?> type = load(name);
        long found = ClassSource.hash(type);
        if (hash != ClassSource.UNKNOWN && found != ClassSource.UNKNOWN && hash != found) {
          throw new ClassNotFoundException(
              name
                  + " of the build with hash "
                  + Long.toHexString(hash)
                  + "; this process has the one with "
                  + Long.toHexString(found));
        }
        return type;
      }

      @Override
      public ClassLoader loader() {
        return from;
      }
    };
  }
}
