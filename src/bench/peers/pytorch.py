"""PyTorch on the task of contestant.ts, as its documentation trains. Run by pytorch.ts:

    python3 -c "<this file>" probe                              one line of JSON: version, devices
    python3 -c "<this file>" cpu | cuda | cuda-graphs           takes a task, then orders, until standard input ends

A task is a line of JSON, then the parameters (f32, weights [in, out]), the images (u8) and the classes (i32). An order is
a line of JSON; so is its answer.
"""
import json
import re
import sys


def probe():
    try:
        import torch
    except Exception as error:
        return {"reason": f"python3 cannot import torch: {error}"}
    blas = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    found = {"version": torch.__version__, "threads": torch.get_num_threads(), "cuda": torch.cuda.is_available()}
    found["blas"] = blas.group(1) if blas else "unknown"
    if found["cuda"]:
        found["device"] = torch.cuda.get_device_name()
    return found


class Run:
    def __init__(self, torch, task, read, mode):
        self.torch, self.task, self.graphs = torch, task, mode == "cuda-graphs"
        self.device = torch.device("cpu" if mode == "cpu" else "cuda")
        torch.manual_seed(task["seed"])
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        sizes, count, batch = task["sizes"], task["images"], task["batch"]
        layers, weights, biases = [], [], []
        for n, (inputs, outputs) in enumerate(zip(sizes, sizes[1:])):
            linear = torch.nn.Linear(inputs, outputs)
            weight, bias = self.tensor(read(4 * inputs * outputs), torch.float32), self.tensor(read(4 * outputs), torch.float32)
            with torch.no_grad():
                linear.weight.copy_(weight.reshape(inputs, outputs).t())
                linear.bias.copy_(bias)
            layers += [torch.nn.ReLU()] if n > 0 else []
            layers += [torch.nn.Dropout(task["dropout"][n])] if task["dropout"][n] > 0 else []
            layers += [linear]
            weights, biases = weights + [linear.weight], biases + [linear.bias]
        self.model = torch.nn.Sequential(*layers).to(self.device)
        groups = [{"params": weights, "weight_decay": task["l2"]}, {"params": biases}]
        self.optimizer = torch.optim.SGD(groups, lr=task["learningRate"], momentum=task["momentum"])
        images = self.tensor(read(count * sizes[0]), torch.uint8).reshape(count, sizes[0])
        self.images = (images.to(self.device).float() * task["scale"] + task["offset"]).split(batch)
        self.targets = self.tensor(read(4 * count), torch.int32).to(self.device).long().split(batch)
        self.whole = count // batch
        self.step, self.loss, self.graph, self.forward = 0, None, None, None

    def tensor(self, data, dtype):
        return self.torch.frombuffer(bytearray(data), dtype=dtype)

    def update(self, x, y):
        self.optimizer.zero_grad(set_to_none=True)
        loss = self.torch.nn.functional.cross_entropy(self.model(x), y)
        loss.backward()
        self.optimizer.step()
        return loss

    def on_side_stream(self, work):
        """The warm-up that "CUDA Graphs" in PyTorch's documentation asks for before a capture."""
        torch = self.torch
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                work()
        torch.cuda.current_stream().wait_stream(side)

    def capture_step(self):
        """The whole step in one graph with static inputs; what the warm-up changed is put back in place."""
        torch = self.torch
        self.x, self.y = self.images[0].clone(), self.targets[0].clone()
        before = [p.detach().clone() for p in self.model.parameters()]
        self.model.train()
        self.on_side_stream(lambda: self.update(self.x, self.y))
        self.graph = torch.cuda.CUDAGraph()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.cuda.graph(self.graph):
            self.loss = torch.nn.functional.cross_entropy(self.model(self.x), self.y)
            self.loss.backward()
            self.optimizer.step()
        with torch.no_grad():
            for parameter, value in zip(self.model.parameters(), before):
                parameter.copy_(value)
                self.optimizer.state[parameter]["momentum_buffer"].zero_()

    def next(self):
        x, y = self.images[self.step % self.whole], self.targets[self.step % self.whole]
        self.step += 1
        if not self.graphs:
            self.model.train()
            self.loss = self.update(x, y)
            return
        if self.graph is None:
            self.capture_step()
        self.x.copy_(x)
        self.y.copy_(y)
        self.graph.replay()

    def losses(self, steps):
        found = []
        for _ in range(steps):
            self.next()
            found.append(self.loss.item())
        return {"losses": found}

    def train(self, steps):
        for _ in range(steps):
            self.next()
        self.loss.item()
        return {}

    def capture_forward(self):
        self.image = self.images[0].clone()
        self.on_side_stream(lambda: self.model(self.image))
        self.forward = self.torch.cuda.CUDAGraph()
        with self.torch.cuda.graph(self.forward):
            self.logits = self.model(self.image)

    def classify(self, x):
        if not self.graphs or x.shape[0] != self.task["batch"]:
            return self.model(x)
        if self.forward is None:
            self.capture_forward()
        self.image.copy_(x)
        self.forward.replay()
        return self.logits

    def infer(self, batches):
        self.model.eval()
        count, hits = 0, self.torch.zeros((), dtype=self.torch.long, device=self.device)
        with self.torch.no_grad():
            for i in range(batches):
                x, y = self.images[i % len(self.images)], self.targets[i % len(self.images)]
                hits += (self.classify(x).argmax(1) == y).sum()
                count += x.shape[0]
        return {"images": count, "hits": hits.item()}


def serve(mode):
    import torch
    stream = sys.stdin.buffer
    run = Run(torch, json.loads(stream.readline()), stream.read, mode)
    answer({})
    for line in stream:
        order = json.loads(line)
        answer(getattr(run, order["do"])(order["count"]))


def answer(value):
    print(json.dumps(value), flush=True)


if sys.argv[1] == "probe":
    answer(probe())
else:
    serve(sys.argv[1])
