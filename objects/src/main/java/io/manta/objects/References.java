package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.KryoException;
import com.esotericsoftware.kryo.kryo5.util.MapReferenceResolver;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The objects of one value by number, so that an object that is met twice is written once. What is
/// made by a constructor of its parts, such as a record, can't be part of itself.
final class References extends MapReferenceResolver {
  /// Being written, and made by constructors; depth first, so they end in reverse.
  private @Nullable Object[] open = new Object[8];

  private int opened;

  void open(Object object) {
    if (opened == open.length) {
      open = Arrays.copyOf(open, opened * 2);
    }
    open[opened++] = object;
  }

  void close() {
    open[--opened] = null;
  }

  @Override
  public int getWrittenId(Object object) {
    int id = super.getWrittenId(object);
    if (id >= 0) {
      for (int i = 0; i < opened; i++) {
        if (open[i] == object) {
          throw cycle(object.getClass());
        }
      }
    }
    return id;
  }

  @Override
  @SuppressWarnings("rawtypes")
  public Object getReadObject(Class type, int id) {
    if (id < 0 || id >= readObjects.size()) {
      throw new KryoException("a reference to nothing; the bytes are damaged");
    }
    Object object = super.getReadObject(type, id);
    if (object == null) {
      throw cycle(type);
    }
    return object;
  }

  private static KryoException cycle(Class<?> type) {
    return new KryoException(
        AllowList.readable(type)
            + " is part of itself, and is made by a constructor that needs its parts first;"
            + " break the cycle, or make it a class with fields that are set later");
  }

  @Override
  public void reset() {
    super.reset();
    while (opened > 0) {
      close();
    }
  }
}
