package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Kryo;
import com.esotericsoftware.kryo.kryo5.Serializer;
import com.esotericsoftware.kryo.kryo5.io.Input;
import com.esotericsoftware.kryo.kryo5.io.Output;
import java.util.AbstractMap;
import java.util.Map;

/// The JDK's pairs of key and value, whose fields can't be reached.
final class EntrySerializer extends Serializer<Map.Entry<?, ?>> {
  @Override
  public void write(Kryo kryo, Output output, Map.Entry<?, ?> entry) {
    kryo.writeClassAndObject(output, entry.getKey());
    kryo.writeClassAndObject(output, entry.getValue());
  }

  @Override
  public Map.Entry<?, ?> read(Kryo kryo, Input input, Class<? extends Map.Entry<?, ?>> type) {
    Object key = kryo.readClassAndObject(input);
    Object value = kryo.readClassAndObject(input);
    if (AbstractMap.SimpleEntry.class.isAssignableFrom(type)) {
      return new AbstractMap.SimpleEntry<>(key, value);
    }
    return AbstractMap.SimpleImmutableEntry.class.isAssignableFrom(type)
        ? new AbstractMap.SimpleImmutableEntry<>(key, value)
        : Map.entry(key, value);
  }
}
