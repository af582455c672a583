#!/usr/bin/env python3
"""Emits an order a second: emitter.py [ENDPOINT]. Without stamps, so outside the books; publisher.py has them."""
import itertools, random, sys, time
import bson, zmq

socket = zmq.Context().socket(zmq.PUB)
socket.connect(sys.argv[1] if sys.argv[1:] else "tcp://127.0.0.1:5570")
for number in itertools.count(1):
    order = {"_id": bson.ObjectId(), "number": number, "total": random.uniform(5, 200)}
    socket.send_multipart([b"shop.order\0", bson.encode(order)])
    time.sleep(1)
