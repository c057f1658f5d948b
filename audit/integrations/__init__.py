"""What a training library needs to watch groups while it trains.

Each module may import the library it is named after, and nothing else in `audit` imports it.
"""
